"""The fast path as the build makes it, beside FastMCP's way, over the same index and keys."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcp_app.api_keys import digest, generate
from mcp_app.deployment import current, set_current
from mcp_app.instance import Instance
from mcp_app.settings import Settings
from ops.bundle import fast_path
from ops.environment import ROOT
from tests.mcp_app.conftest import KEY
from tests.mcp_app.fast_path.pair import Context, Pair

ALL = frozenset({"documents", "tickets", "commits", "code"})
LIMITED, EXPIRED = generate(), generate()


def stored_keys() -> str:
    """A key for everything, one for a single tool, and one that is over."""
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
    ]
    return json.dumps({"keys": entries})


def build_lean_package(scratch: Path) -> tuple[fast_path.FastPath, Path]:
    """Build `mcp_app_lean` as the zip has it: what was made, and the folder that holds it."""
    answers = fast_path.ask(ROOT, scratch / "frozen", lambda: ALL)
    made = fast_path.make(ROOT, answers, ALL)
    assert made is not None
    folder = scratch / "lean"
    for entry in made.entries:
        place = folder / entry.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(entry.data)
    return made, folder


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fast_path.FastPath]:
    """What the build puts into the zip, importable as `mcp_app_lean`."""
    made, folder = build_lean_package(tmp_path_factory.mktemp("fast-path"))
    sys.path.insert(0, str(folder))
    yield made
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "mcp_app_lean"]:
        del sys.modules[name]


class HandedOnError(Exception):
    """The fast path left an event to FastMCP."""


class Hashes:
    """What the parameter with the origin secret's hashes holds, read by both ways.

    Attributes:
        content: The stored document, or why it cannot be read.
        now: Seconds since 1970.
    """

    def __init__(self, content: str | Exception) -> None:
        self.content = content
        self.now = 1000.0

    def secrets(self, package: str) -> Any:
        """The `OriginSecrets` of one way, by its package."""
        module = importlib.import_module(f"{package}.origin_secret")

        def read() -> str:
            if isinstance(self.content, Exception):
                raise module.OriginSecretUnavailableError(str(self.content))
            return self.content

        return module.OriginSecrets(
            read, source="SSM parameter /o", ttl_seconds=60, clock=lambda: self.now
        )


def front_of(
    settings: Settings, keys: Callable[[], str] = stored_keys, hashes: Hashes | None = None
) -> Any:
    """The fast path for these settings, a `Front`; it raises for what it hands on."""
    front = importlib.import_module("mcp_app_lean.fast_path.front")
    domain = None
    if hashes is not None:
        domain = importlib.import_module("mcp_app_lean.fast_path.domain").Domain(
            settings.public_url, hashes.secrets("mcp_app_lean")
        )
    ring = importlib.import_module("mcp_app_lean.api_keys").KeyRing(
        keys, source="SSM parameter /p", ttl_seconds=60
    )

    def hand_on(_rate_limit: Any, _cold: bool) -> Callable[[Any, Any], Any]:  # noqa: FBT001 - as it is called
        def refuse(_event: Any, _context: Any) -> Any:
            raise HandedOnError

        return refuse

    taken = ring if settings.auth in {"api_key", "both"} else None
    return front.Front(settings, taken, hand_on, domain)


def pair_of(front: Any, instance: Instance) -> Pair:
    """Both ways: this front, and this instance, which was started last."""
    own = current()

    def fast(event: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = front.answer(event, Context())
        except HandedOnError:
            return None
        return answer

    def full(event: dict[str, Any]) -> dict[str, Any]:
        # One deployment is current in a process, and several instances are in this one.
        set_current(own)
        answer: dict[str, Any] = instance.answer(event, Context())
        return answer

    return Pair(fast, full)


@pytest.fixture(scope="session")
def new_pair(built, new_instance) -> Iterator[Callable[..., Pair]]:
    """Makes both ways for the same settings and hashes of a domain's secret."""
    fronts = []

    def make(settings: Settings, hashes: Hashes | None = None) -> Pair:
        front = front_of(settings, hashes=hashes)
        fronts.append(front)
        origin = None if hashes is None else hashes.secrets("mcp_app")
        return pair_of(front, new_instance(settings, stored_keys, origin))

    yield make
    for front in fronts:
        front.close()


@pytest.fixture(scope="session")
def pair(new_pair, settings) -> Pair:
    """Both ways of a server that takes API keys."""
    made: Pair = new_pair(settings)
    return made


@pytest.fixture(scope="session")
def sessions() -> list[Path]:
    """What real clients sent."""
    return sorted((ROOT / "tests" / "clients" / "sessions").glob("*.json"))
