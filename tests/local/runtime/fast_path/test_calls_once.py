"""A tool call never runs twice, whoever writes its result."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import all_in_all_ways

# Every tool says so once for each time that it is called.
TOOLS = """
from __future__ import annotations
import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
import httpx
from fastmcp.exceptions import ToolError
from fastmcp.tools import tool
from mcp_app.interface.annotations import READ_ONLY

logger = logging.getLogger(__name__)

class Colour(StrEnum):
    RED = "red"

@dataclass(frozen=True)
class Inner:
    share: float
    known: ClassVar[int] = 3

@dataclass
class Whole:
    inner: Inner
    words: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.words = [word.upper() for word in self.words]

@tool
def writes_words() -> Whole:
    logger.warning("writes_words")
    return Whole(Inner(0.5), ["a"])

@tool
def writes_no_number() -> float:
    logger.warning("writes_no_number")
    return float("nan")

@tool(annotations=READ_ONLY)
def reads_no_number() -> Whole:
    logger.warning("reads_no_number")
    return Whole(Inner(float("inf")), ["a"])

@tool
def writes_half_a_pair() -> str:
    logger.warning("writes_half_a_pair")
    return chr(0xD800)

@tool
def writes_what_json_has_not() -> Whole:
    logger.warning("writes_what_json_has_not")
    more = {"when": datetime(2026, 1, 2, tzinfo=UTC), "one_of": {"a"}, "colour": Colour.RED}
    return Whole(Inner(1.0), more=more)

@tool
def writes_what_nobody_knows() -> dict[str, Any]:
    logger.warning("writes_what_nobody_knows")
    return {"what": object}

@tool
def fails_with_half_a_pair() -> str:
    logger.warning("fails_with_half_a_pair")
    raise ToolError("this: " + chr(0xD800), log_level=logging.WARNING)

@tool
def asks_another_service(path: str) -> str:
    logger.warning("asks_another_service")
    return httpx.get(os.environ["SERVICE"] + path).raise_for_status().text

@tool
async def waits_for_another_service(path: str) -> str:
    logger.warning("waits_for_another_service")
    async with httpx.AsyncClient() as client:
        return (await client.get(os.environ["SERVICE"] + path)).raise_for_status().text

_notes: list[str] = []
_counted = Counter()

class Register:
    def __init__(self) -> None:
        self.names = []
    def add(self, name: str) -> None:
        self.names.append(name)

register = Register()

@tool
def adds_a_note(note: str) -> int:
    logger.warning("adds_a_note")
    _notes.append(note)
    return len(_notes)

@tool(annotations=READ_ONLY)
def lists_notes() -> list[str]:
    logger.warning("lists_notes")
    return _notes

@tool
def counts(name: str) -> int:
    logger.warning("counts")
    _counted[name] += 1
    return _counted[name]

@tool
def registers(name: str) -> list[str]:
    logger.warning("registers")
    register.add(name)
    return register.names
"""
CALLS: dict[str, list[dict[str, Any]]] = {
    "writes_words": [{}],
    "writes_no_number": [{}],
    "reads_no_number": [{}],
    "writes_half_a_pair": [{}],
    "writes_what_json_has_not": [{}],
    "writes_what_nobody_knows": [{}],
    "fails_with_half_a_pair": [{}],
    "adds_a_note": [{"note": "a"}, {"note": "b"}],
    "lists_notes": [{}],
    "counts": [{"name": "a"}, {"name": "a"}],
    "registers": [{"name": "a"}, {"name": "b"}],
    "asks_another_service": [{"path": "/fine"}, {"path": "/busy"}, {"path": "/missing"}],
    "waits_for_another_service": [{"path": "/fine"}, {"path": "/busy"}, {"path": "/missing"}],
}
ANSWERS = {"/fine": (200, b"done"), "/busy": (429, b"later"), "/missing": (404, b"no")}


class Service(BaseHTTPRequestHandler):
    """Another service, as far as these tools know one."""

    def do_GET(self) -> None:
        """Answer by the path."""
        status, body = ANSWERS[self.path]
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *_values: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project with these tools in it."""
    return project_with(tmp_path, TOOLS)


def test_a_call_is_made_once_and_answered_as_fastmcp_does(
    project: Path, tmp_path: Path, index: Path, service: str
) -> None:
    built(project, tmp_path / "cache")
    asked = all_in_all_ways(CALLS)
    events = [one for _, one in asked]
    found = compare(project, index, tmp_path / "run", events, SERVICE=service)
    assert found.different == []
    # Whoever wrote it: every one was called here.
    assert {*found.reasons.values()} == {"result"}
    for number, lines in found.logged.items():
        called = [line[:3] for line in lines if line[0] == "mcp_app.tools.more"]
        assert called == [["mcp_app.tools.more", "WARNING", asked[number][0]]]
