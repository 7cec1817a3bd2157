"""What this server does not need stays out of the zip, and is there once something asks for it."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import distributions
from pathlib import Path

import pytest

from aoma.build_hook import aoma, build
from mesh.build import BuildResult
from mesh.build.bundle import exclusions, optional_parts
from mesh.installation import CACHE
from tests.fixtures.projects import LOCK, Project, Wheel, git

CLIENT = """
from fastmcp import Client, FastMCP
from fastmcp.tools import tool

inner = FastMCP("inner")

@inner.tool
def count(of: str) -> int:
    return len(of)

@tool
async def ask(of: str) -> int:
    async with Client(inner) as client:
        return (await client.call_tool("count", {"of": of})).data
"""
ASK = """
import asyncio, importlib, sys
sys.path.insert(0, sys.argv[1])
from mcp_app.tools.asking import ask
print(asyncio.run(ask("whale")), "jsonschema" in sys.modules)
"""


@pytest.fixture
def parts(project: Project) -> Project:
    project.require(Wheel("jsonschema"))
    return project


def carried(project: Project) -> set[str]:
    project.build(indexed=False)
    carries = any(name.startswith("jsonschema/") for name in project.zipped())
    return {"clients"} if carries else set()


def test_parts_that_nobody_asks_for_stay_out(parts: Project) -> None:
    parts.write("mcp_app/tool.py", '"""Of jsonschema only a word."""\n')

    assert carried(parts) == set()
    assert parts.build(indexed=False).pruned == ("jsonschema==1.0",)


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("import jsonschema.validators as validators\n", {"clients"}),
        ("def tool():\n    from fastmcp import Client\n", {"clients"}),
        ("import fastmcp\n\nclient = fastmcp.Client('url')\n", {"clients"}),
        ("from fastmcp.client.transports import StdioTransport\n", {"clients"}),
        ("from mcp.client.session import ClientSession\n", {"clients"}),
        ("from fastmcp import FastMCP\n\nserver = FastMCP.from_openapi({})\n", {"clients"}),
        ("from fastmcp.server import create_proxy\n", {"clients"}),
        ("import importlib\n\nimportlib.import_module('jsonschema.validators')\n", {"clients"}),
        ("from fastmcp import FastMCP\nfrom mesh.runtime.clients import Client\n", set()),
    ],
)
def test_the_application_asks_by_naming_it(parts: Project, source: str, kept: set[str]) -> None:
    assert carried(parts) == set()
    parts.write("mcp_app/tool.py", source)

    assert carried(parts) == kept


def test_a_distribution_asks_by_requiring_it(parts: Project) -> None:
    parts.require(
        Wheel("jsonschema"),
        Wheel("answers", requires=("JSONSchema (>=1.0); python_version > '3'",)),
    )

    assert carried(parts) == {"clients"}


def test_the_zip_of_this_project_asks_for_none(real: Callable[[str], BuildResult]) -> None:
    result = real("host")

    pruned = {one.partition("==")[0] for one in result.pruned}
    expected = frozenset().union(*(part.distributions for part in optional_parts.PARTS))
    assert pruned == exclusions.DISTRIBUTIONS.keys() | expected
    with zipfile.ZipFile(result.path) as opened:
        assert not [name for name in opened.namelist() if name.startswith(("rpds/", "jsonschema/"))]


def test_no_more_of_the_dependencies_load_it_than_is_known() -> None:
    asks = re.compile(
        r"^\s*(?:from|import) +(?:jsonschema|referencing|rpds|jsonschema_specifications"
        r"|jsonschema_path|pathable|openapi_pydantic)\b",
        re.MULTILINE,
    )
    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCK.read_text(), re.MULTILINE))
    own = optional_parts.CLIENTS.distributions | exclusions.DISTRIBUTIONS.keys()
    found = {
        str(file)
        # Some are locked for other systems than this one.
        for one in distributions()
        if re.sub(r"[-_.]+", "-", one.name).lower() in locked - own
        for file in one.files or ()
        if file.suffix == ".py"
        and not exclusions.is_dropped(file)
        and asks.search(Path(str(file.locate())).read_text(encoding="utf-8"))
    }

    # All of them are reached by the names in optional_parts.py alone.
    assert found == {
        "fastmcp/client/elicitation.py",
        "fastmcp/server/providers/openapi/provider.py",
        "fastmcp/utilities/openapi/director.py",
        "fastmcp/utilities/openapi/parser.py",
        "mcp/client/session.py",
    }


def test_a_tool_that_is_a_client_itself_runs_from_the_zip(
    checkout: Callable[[str], Path], tmp_path: Path
) -> None:
    root = checkout("with a client")
    (root / "mcp_app" / "tools" / "asking.py").write_text(CLIENT)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A client")
    result = build(
        "host", project=replace(aoma(), root=root), cache=CACHE / "bundle", indexed=False
    )
    assert not [one for one in result.pruned if one.startswith(("jsonschema", "rpds"))]
    with zipfile.ZipFile(result.path) as opened:
        opened.extractall(tmp_path / "task")

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ASK, str(tmp_path / "task")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={"HOME": "/"},
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "5 True\n"
