"""Unit tests run in one process: they start no other one but git, and open no connection."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import pytest

from tests.fixtures.instances import (
    client,
    index,
    new_instance,
    settings,
    start_instance,
    stranger,
)

# https://docs.python.org/3.13/library/audit_events.html
PROCESSES = {"subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec"}
CONNECTIONS = {"socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname"}
# It has no library here, and the readers of repositories are about what it says.
ALLOWED = {"git"}


class _Watch:
    """What a test did that a unit test may not; an audit hook cannot be removed."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "subprocess.Popen" and PurePath(str(arguments[1][0])).name in ALLOWED:
            return
        if event in PROCESSES or event in CONNECTIONS:
            self.seen.append(f"{event} {arguments[:2]}")


_watch = _Watch()
sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Fail a test that starts a process or opens a connection: it belongs into `tests/local`."""
    _watch.seen.clear()
    _watch.on = True
    yield
    _watch.on = False
    assert not _watch.seen, f"not a unit test: {_watch.seen}"
