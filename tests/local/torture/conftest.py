"""Servers to torture, and a way to break one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from tests.local.runtime.fast_path.pair import Pair
from tests.torture import servers
from tests.torture.trial import Trial
from tests.torture.worker import Worker

type Answer = dict[str, Any]


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Servers]:
    scratch = tmp_path_factory.mktemp("torture")
    servers.prepare(scratch)
    made = servers.Servers(scratch)
    yield made
    made.close()


@pytest.fixture
def trial(started: servers.Servers) -> Iterator[Trial]:
    """Sends inputs; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Trial(started)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def worker(trial: Trial, tmp_path: Path) -> Worker:
    return Worker(trial, "smoke", tmp_path, attempts=20)


@pytest.fixture
def plant(started: servers.Servers, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes every server answer wrongly: on its full path, or on both."""

    def make(wrong: Callable[[Any, Answer], Answer], *, both: bool = False) -> None:
        original = started.get

        def get(name: str) -> servers.Server:
            server = original(name)
            sound = server.pair

            def fast(event: Any) -> Answer | None:
                answer = sound.fast(event)
                return answer if answer is None or not both else wrong(event, answer)

            pair = Pair(fast, lambda event: wrong(event, sound.full(event)))
            return replace(server, pair=pair)

        monkeypatch.setattr(started, "get", get)

    return make
