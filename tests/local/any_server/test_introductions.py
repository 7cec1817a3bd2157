"""What a server says of itself may depend on where, when and how it is started."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build import BuildResult
from tests.local.any_server.instance import answers

READS = """\
import os

from fastmcp import FastMCP

REGION = os.environ.get("REGION", "nowhere")
mcp = FastMCP(f"weather of {REGION}", instructions=f"Ask about {REGION}.")


@mcp.tool
def add(a: int) -> int:
    return a + 1


@mcp.prompt(description=f"Ask about {REGION}.")
def ask(city: str) -> str:
    return city


@mcp.resource(f"data://{REGION}")
def data() -> str:
    return REGION


@mcp.resource(f"data://{REGION}/{{name}}")
def named(name: str) -> str:
    return name
"""
DISCOVER = "server/discover"
META = "io.modelcontextprotocol/"
MODERN = {"mcp-protocol-version": "2026-07-28"}
ENVELOPE = {
    "_meta": {f"{META}protocolVersion": "2026-07-28", f"{META}clientCapabilities": {}},
}
LISTS = ("prompts/list", "resources/list", "resources/templates/list")


def asked() -> list[Any]:
    return [
        [DISCOVER, ENVELOPE, {**MODERN, "mcp-method": DISCOVER}],
        *([method, {}] for method in LISTS),
        ["add", {"a": 1}],
    ]


@pytest.mark.parametrize("region", ["nowhere", "north"])
def test_what_a_server_says_of_itself_is_of_its_environment(
    built: Callable[..., BuildResult], tmp_path: Path, region: str
) -> None:
    folder, task = tmp_path / "server", tmp_path / "task"
    folder.mkdir()
    (folder / "server.py").write_text(READS)
    made = built(folder)
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(task)

    fast, full = (answers(task, asked(), way, {"REGION": region}) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert all(region in one["body"] for one in full["answers"][:4])
    assert fast["fastmcp"] is (region == "north")


VARIES = """\
from datetime import date
from pathlib import Path

from fastmcp import FastMCP

mcp = FastMCP("x", instructions=f"Today is {date.today()}. I am in {Path(__file__).parent}.")


@mcp.tool
def add(a: int) -> int:
    return a + 1
"""


def test_the_build_tells_what_fastmcp_says_because_it_varies(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    folder, task = tmp_path / "server", tmp_path / "task"
    folder.mkdir()
    (folder / "server.py").write_text(VARIES)
    made = built(folder)
    assert made.fast_path is not None
    # On Lambda its module would not do what it did in the build.
    assert made.fast_path.off == {
        "add": "its module does something else with the place, the day or the process"
    }
    assert any(f"FastMCP answers initialize, {LISTS[0]}" in note for note in made.notes)
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(task)

    fast, full = (answers(task, asked(), way) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert str(task) in full["answers"][0]["body"]


STRICT = """\
from fastmcp import FastMCP

mcp = FastMCP("x")


@mcp.tool
def add(a: int) -> int:
    return a + 1


@mcp.tool
def variables() -> list[str]:
    import os

    return sorted(os.environ)
"""


@pytest.mark.parametrize("strict", ["true", None])
def test_variables_of_fastmcp_count_and_those_of_mesh_are_not_seen(
    built: Callable[..., BuildResult], tmp_path: Path, strict: str | None
) -> None:
    folder, task = tmp_path / "server", tmp_path / "task"
    folder.mkdir()
    (folder / "server.py").write_text(STRICT)
    with zipfile.ZipFile(built(folder).path) as opened:
        opened.extractall(task)
    calls = [["add", {"a": "1"}], ["variables", {}]]
    variables = {"FASTMCP_STRICT_INPUT_VALIDATION": strict} if strict else {}

    fast, full = (answers(task, calls, way, variables) for way in ("on", "off"))

    assert fast["answers"] == full["answers"]
    assert ('isError":true' in full["answers"][0]["body"]) is bool(strict)
    assert fast["fastmcp"] is bool(strict)
