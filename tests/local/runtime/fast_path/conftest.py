"""The fast path as the build makes it, beside FastMCP's way, over the same index and keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_app.deployment import current_deployment, set_current
from mcp_app.settings import Settings
from mesh.build.environment import ROOT
from mesh.runtime.access.api_keys import KeyRing, digest, generate
from mesh.runtime.domain.origin_secret import OriginSecrets, OriginSecretUnavailableError
from mesh.runtime.fast_path.front import Front
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.copies import built, project_with
from tests.local.runtime.fast_path.log_lines import say
from tests.local.runtime.fast_path.pair import Context, Pair
from tests.local.runtime.fast_path.ways import Way

LIMITED, EXPIRED, SCOPED = generate(), generate(), generate()


def stored_keys() -> str:
    """A key for everything, one for a single tool, one that is over, and one for two sources."""
    entries: list[dict[str, Any]] = [
        {"name": "tests", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026-01-01"},
        {
            "name": "limited",
            "sha256": digest(LIMITED),
            "last4": LIMITED[-4:],
            "created": "2026-01-01",
            "tools": ["search_knowledge"],
        },
        {
            "name": "expired",
            "sha256": digest(EXPIRED),
            "last4": EXPIRED[-4:],
            "created": "2026-01-01",
            "expires": "2026-01-02",
        },
        {
            "name": "scoped",
            "sha256": digest(SCOPED),
            "last4": SCOPED[-4:],
            "created": "2026-01-01",
            "sources": ["tickets", "code"],
        },
    ]
    return json.dumps({"keys": entries})


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this project with its fast path in it, as the zip has it."""
    root = project_with(tmp_path_factory.mktemp("built"))
    built(root, tmp_path_factory.mktemp("frozen"))
    return root


class Hashes:
    """What the parameter with the origin secret's hashes holds, read by both ways.

    Attributes:
        content: The stored document, or why it cannot be read.
        now: Seconds since 1970.
    """

    def __init__(self, content: str | Exception) -> None:
        self.content = content
        self.now = 1000.0

    def told(self) -> dict[str, Any]:
        """The same for the process of the fast path."""
        failed = isinstance(self.content, Exception)
        return {
            "content": None if failed else self.content,
            "unavailable": str(self.content) if failed else None,
            "now": self.now,
        }

    def secrets(self) -> OriginSecrets:
        """The secrets for FastMCP's way."""

        def read() -> str:
            if isinstance(self.content, Exception):
                raise OriginSecretUnavailableError(str(self.content))
            return self.content

        return OriginSecrets(
            read, source="SSM parameter /o", ttl_seconds=60, clock=lambda: self.now
        )


def pair_of(alone: Way, instance: Instance, hashes: Hashes | None = None) -> Pair:
    """Both ways: the fast path in its process, and this instance, which was started last."""
    own = current_deployment()

    def fast(event: dict[str, Any]) -> dict[str, Any] | None:
        said = alone.answer(event, None if hashes is None else hashes.told())
        assert not said["fastmcp"]
        say(said["lines"])
        reply: dict[str, Any] | None = said["reply"]
        return reply

    def full(event: dict[str, Any]) -> dict[str, Any]:
        # One deployment is current in a process, and several instances are in this one.
        set_current(own)
        answer: dict[str, Any] = instance.answer(event, Context())
        return answer

    return Pair(fast, full)


@pytest.fixture(scope="session")
def new_pair(project, new_instance) -> Iterator[Callable[..., Pair]]:
    """Makes both ways for the same settings, or the fast one's own, and a domain's hashes."""
    ways = []

    def make(
        settings: Settings, hashes: Hashes | None = None, fast: Settings | None = None
    ) -> Pair:
        folder = Path(settings.index).parent
        alone = Way("alone", project, folder, fast or settings, stored_keys())
        ways.append(alone)
        origin = None if hashes is None else hashes.secrets()
        return pair_of(alone, new_instance(settings, stored_keys, origin), hashes)

    yield make
    for way in ways:
        way.close()


def front_of(settings: Settings) -> Front:
    """The front of an instance in this process; for what needs no tool."""

    def hand_on(_rate_limit: Any, _cold: bool, _tokens: Any) -> Callable[[Any, Any], Any]:
        raise AssertionError("handed on")

    ring = KeyRing(stored_keys, source="SSM parameter /p", ttl_seconds=60)
    return Front(settings, ring, hand_on)


@pytest.fixture(scope="session")
def pair(new_pair, settings) -> Pair:
    """Both ways of a server that takes API keys."""
    made: Pair = new_pair(settings)
    return made


@pytest.fixture(scope="session")
def sessions() -> list[Path]:
    """What real clients sent."""
    return sorted((ROOT / "tests" / "fixtures" / "clients" / "sessions").glob("*.json"))
