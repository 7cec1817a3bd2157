"""Nothing that an author wrote runs twice, whichever way words or writes the answer."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mesh.build import BuildResult
from tests.local.any_server.instance import answers

SERVER = """\
import asyncio
import importlib
import itertools
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastmcp import FastMCP
from fastmcp.server.dependencies import get_http_headers
from pydantic import BeforeValidator, Field, validate_call

mcp = FastMCP("x")
LOG = []
IDS = itertools.count(1)


def noted(value):
    LOG.append("validated")
    return value


def next_id() -> int:
    LOG.append("made")
    return next(IDS)


def shop() -> str:
    return get_http_headers(include_all=True).get("x-shop", "none")


@dataclass
class Note:
    text: str
    id: int = field(default_factory=lambda: next(IDS))

    def __post_init__(self) -> None:
        LOG.append("note")


class Odd:
    def __str__(self) -> str:
        LOG.append("str")
        return f"odd {len(LOG)}"


class Numbers:
    def __init__(self, last: Any) -> None:
        self._left = iter([1, last])

    def __iter__(self):
        return self

    def __next__(self):
        LOG.append("number")
        return next(self._left)


@mcp.tool
def order(
    quantity: Annotated[int, BeforeValidator(noted)],
    id: Annotated[int, Field(default_factory=next_id)],
    express: bool = False,
) -> dict:
    return {"id": id, "quantity": quantity}


@mcp.tool
def note(note: Note) -> Note:
    return note


@mcp.tool
def odd() -> Any:
    return [Odd()]


@mcp.tool
def numbers(fine: bool) -> Iterable[Any]:
    return Numbers(2 if fine else object())


@mcp.tool
async def interrupt() -> None:
    LOG.append("interrupt")
    raise KeyboardInterrupt


@mcp.tool
def leave() -> None:
    LOG.append("leave")
    raise GeneratorExit


@mcp.tool
async def cancel() -> None:
    LOG.append("cancel")
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


@mcp.tool
def log() -> list[str]:
    return LOG


@mcp.tool
def is_there() -> list[bool]:
    return [name in sys.modules for name in ("fastmcp", "mcp")]


@mcp.tool
def by_name() -> str:
    module = importlib.import_module("fastmcp.server.dependencies")
    return module.get_http_request().headers["x-shop"]


@mcp.tool
def from_header(name: Annotated[str, Field(default_factory=shop)]) -> str:
    return name


@mcp.tool
@validate_call
def validated(x: int) -> int:
    return x


@mcp.tool
def add_a_tool() -> None:
    @mcp.tool
    def added() -> int:
        return 1
"""
CALLS: list[Any] = [
    ("order", {"quantity": 1}),
    ("order", {"quantity": 1, "express": "perhaps"}),
    ("order", {"quantity": 2}),
    ("note", {"note": {"text": "a"}}),
    ("note", {"note": {"id": 1}}),
    ("note", {"note": {"text": 5}}),
    ("odd", {}),
    ("numbers", {"fine": True}),
    ("numbers", {"fine": False}),
    ("interrupt", {}),
    ("leave", {}),
    ("cancel", {}),
    ("log", {}),
    ("is_there", {}),
    ("by_name", {}, {"x-shop": "s1"}),
    ("from_header", {}, {"x-shop": "s2"}),
    ("validated", {"x": 1}),
    ("note", {"note": {"text": "b"}}),
    ("tools/list", {}),
    ("add_a_tool", {}),
    ("tools/list", {}),
    ("added", {}),
]
OFF = {
    "add_a_tool": "it may use fastmcp.FastMCP() while it runs",
    "by_name": "it may use fastmcp.server.dependencies while it runs",
    "from_header": "it may use fastmcp.server.dependencies while it runs",
    "validated": "its function is made by FastMCP or Pydantic",
}


def test_nothing_of_an_author_runs_twice(built: Callable[..., BuildResult], tmp_path: Path) -> None:
    folder, task = tmp_path / "server", tmp_path / "task"
    folder.mkdir()
    (folder / "server.py").write_text(SERVER)
    made = built(folder)
    assert made.fast_path is not None
    off = dict(made.fast_path.off)
    assert off.pop("is_there").startswith("it may use sys.modules[")
    assert off == OFF
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(task)

    fast, full = (answers(task, CALLS, way) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert '"name":"added"' in fast["answers"][-2]["body"]
    statuses = [one["status"] for one in full["answers"]]
    assert [CALLS[n][0] for n, one in enumerate(statuses) if one != 200] == [
        "interrupt",
        "leave",
        "cancel",
    ]


LOOKS_ON_IMPORT = """\
import sys

from fastmcp import FastMCP

mcp = FastMCP("x")
HAS = "fastmcp" in sys.modules


@mcp.tool
def has() -> bool:
    return HAS
"""


def test_a_module_that_looks_for_fastmcp_when_it_is_imported_is_left_to_it(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(LOOKS_ON_IMPORT)
    made = built(tmp_path)
    assert made.fast_path is not None
    assert made.fast_path.off == {"has": "it looks at sys.modules['fastmcp'] while it is imported"}
