"""Servers as their authors write them: built unchanged, and answered alike by both ways."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.server.extensions import ServerExtension
from fastmcp.server.transforms.namespace import Namespace

from mesh.build import BuildResult
from mesh.build.server.checks import whole_server_reason
from tests.local.any_server.instance import answers
from tests.local.any_server.project import HERE, MAKES

CASES: dict[str, Any] = json.loads((HERE / "calls.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_both_ways_answer_alike(
    built: Callable[..., BuildResult], tmp_path: Path, case: str
) -> None:
    told = CASES[case]
    folder = HERE / "servers" / told.get("folder", case)
    made = built(folder, told.get("object", "mcp"))
    assert made.fast_path is not None
    assert list(made.fast_path.tools) == told["fast"]
    assert dict(made.fast_path.off) == told.get("off", {})
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(tmp_path)

    fast, full = (answers(tmp_path, told["calls"], way) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert all(one["status"] == 200 for one in full["answers"])
    assert full["fastmcp"]
    assert fast["fastmcp"] is not told.get("without_fastmcp", False)


ODD = """\
import argparse
import atexit
import os
import subprocess
import sys
import threading

from fastmcp import FastMCP

argparse.ArgumentParser().parse_args()
print("a line")
os.write(1, b"another")
subprocess.run(["echo", "a third"])
atexit.register(print, "a fourth")
threading.Thread(target=threading.Event().wait).start()
mcp = FastMCP("x")


@mcp.tool
def add(a: int) -> int:
    return a + 1
"""


def test_what_a_module_does_to_its_process_does_not_disturb_the_build(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(ODD)
    made = built(tmp_path)
    assert made.fast_path is not None
    assert made.fast_path.tools == ("add",)


LAZY = f"""\
{MAKES}

class Lazy:
    @property
    def __class__(self):
        globals()[f"name_{{len(globals())}}"] = 1
        return object


lazy = Lazy()


@mcp.tool
def add(a: int) -> int:
    return a + 1
"""


def test_a_module_that_changes_when_it_is_looked_at_stays_on_the_fast_path(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(LAZY)
    made = built(tmp_path)
    assert made.fast_path is not None
    assert made.fast_path.tools == ("add",)


FAILS_DEFERRED = """\
import os

from fastmcp import FastMCP


def mcp() -> FastMCP:
    # The build sets it where it tries the fast path.
    if os.environ["PYTHONHASHSEED"] == "1":
        raise ValueError("not here")
    made = FastMCP("x")
    made.tool(add)
    return made


def add(a: int) -> int:
    return a + 1
"""


def test_a_server_that_fails_only_without_fastmcp_is_left_to_fastmcp(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(FAILS_DEFERRED)
    made = built(tmp_path)
    assert made.fast_path is not None
    assert made.fast_path.off == {"add": "ValueError: not here"}


DEPENDS_ON_A_VARIABLE = """\
import os

from fastmcp import FastMCP


def mcp() -> FastMCP:
    made = FastMCP("x")
    by = int(os.environ.get("BY", "1"))
    if by > 1:

        @made.tool
        def more(a: int) -> int:
            return a

    @made.tool
    def add(a: int, b: int = by) -> int:
        return a + b

    return made
"""


@pytest.mark.parametrize("by", ["1", "5"])
def test_a_function_that_makes_another_server_elsewhere_is_seen(
    built: Callable[..., BuildResult], tmp_path: Path, by: str
) -> None:
    folder, task = tmp_path / "server", tmp_path / "task"
    folder.mkdir()
    (folder / "server.py").write_text(DEPENDS_ON_A_VARIABLE)
    made = built(folder)
    assert made.fast_path is not None
    assert made.fast_path.tools == ("add",)
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(task)
    calls = [("add", {"a": 1}), ("tools/list", {}), ("more", {"a": 1})]

    fast, full = (answers(task, calls, way, {"BY": by}) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert ("more" in full["answers"][1]["body"]) is (by == "5")
    first = answers(task, calls[:2], "on", {"BY": by})
    assert first["fastmcp"] is (by == "5")


TWICE = f"""\
{MAKES}

@mcp.tool
def add(a: int) -> int:
    return a + 1


@mcp.tool("add")
def add_much(a: int) -> int:
    return a + 100


def forecast(city: str) -> str:
    \"\"\"The weather of tomorrow.\"\"\"
    return _in_words(city)


def _in_words(city: str) -> str:
    \"\"\"Something that tools use.\"\"\"
    return city
"""


def test_an_author_is_told_of_tools_that_are_lost(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(TWICE)
    notes = [note for note in built(tmp_path).notes if note.startswith("server.py")]
    twice, forgotten = notes
    assert twice.startswith("server.py, line 10: the FunctionTool 'add' replaces an earlier one. ")
    assert forgotten.startswith("server.py, line 15: nothing uses forecast, and it is no tool. ")
    assert forgotten.endswith("write @mcp.tool above it.")


def test_a_provider_that_is_changed_twice_stays_with_fastmcp() -> None:
    server: FastMCP[None] = FastMCP("x")
    server.providers[0].add_transform(Namespace("a"))
    server.providers[0].add_transform(Namespace("b"))
    assert "a provider of its own" in whole_server_reason(server)
    assert not whole_server_reason(FastMCP("x"))


class Count(ServerExtension):
    """An extension that could change every answer."""

    identifier = "com.example/count"


def test_a_server_with_an_extension_stays_with_fastmcp() -> None:
    server: FastMCP[None] = FastMCP("x")
    server.add_extension(Count())
    assert whole_server_reason(server) == "the server has an extension, com.example/count"


WITH_A_LIFESPAN_AND_ROUTES = """\
from contextlib import asynccontextmanager

from fastmcp import FastMCP
from starlette.responses import PlainTextResponse


@asynccontextmanager
async def lifespan(_server):
    raise RuntimeError("the database is on AWS only")
    yield


mcp = FastMCP("x", lifespan=lifespan)


@mcp.custom_route("/health", methods=["GET"])
async def health(_request):
    return PlainTextResponse("ok")
"""


def test_the_build_starts_no_lifespan_and_tells_routes_that_mesh_answers(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(WITH_A_LIFESPAN_AND_ROUTES)
    made = built(tmp_path)
    note = "Mesh answers /health itself: the server's own route for it is never called"
    assert note in made.notes
