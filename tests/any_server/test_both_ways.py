"""Servers as their authors write them: built unchanged, and answered alike by both ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP
from fastmcp.server.extensions import ServerExtension
from fastmcp.server.transforms.namespace import Namespace

from mesh.build import BuildError, BuildResult, build
from mesh.build.environment import ROOT
from mesh.build.project import Project
from mesh.build.server_checks import whole_server_reason
from mesh.installation import CACHE, VENV

HERE = Path(__file__).parent
CASES: dict[str, Any] = json.loads((HERE / "calls.json").read_text())
WORKER = HERE / "worker.py"


def project_of(folder: Path, name: str = "mcp") -> Project:
    return Project(
        root=folder,
        name="any-server",
        version="1",
        server=f"server:{name}",
        requirements=ROOT / "requirements" / "mesh.txt",
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., BuildResult]:
    def make(folder: Path, name: str = "mcp") -> BuildResult:
        output = tmp_path_factory.mktemp("zip") / "server.zip"
        project = project_of(folder, name)
        return build(project, "host", output=output, cache=CACHE / "bundle")

    return make


def answers(task: Path, calls: list[Any], fast_path: str) -> dict[str, Any]:
    """What an instance answers, and whether it has imported FastMCP."""
    read, write = os.pipe()
    environment = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(task),
        "PYTHONPATH": os.pathsep.join([str(task), str(VENV / "lambda-runtime")]),
        "AWS_REGION": "us-east-1",
        "MESH_AUTH": "none",
        "MESH_FAST_PATH": fast_path,
    }
    run = f"runpy.run_path({str(WORKER)!r}, run_name='__main__')"
    start = f"import os, runpy; os.dup2({write}, 3); {run}"
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-c", start],
            cwd=task,
            env=environment,
            input=json.dumps(calls),
            capture_output=True,
            text=True,
            check=False,
            pass_fds=(write,),
            timeout=120,
        )
    finally:
        os.close(write)
    with os.fdopen(read) as told:
        text = told.read()
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(text)
    return found


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


WITH_AUTH = """\
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

mcp = FastMCP("x", auth=StaticTokenVerifier(tokens={}))
"""
WITH_MOUNTED_AUTH = """\
from fastmcp import FastMCP
from fastmcp.server.auth.providers.jwt import StaticTokenVerifier

mcp = FastMCP("x")
mcp.mount(FastMCP("inner", auth=StaticTokenVerifier(tokens={})), namespace="inner")
"""
WITH_A_TASK = """\
from fastmcp import FastMCP

mcp = FastMCP("x")


@mcp.tool(task=True)
async def slow() -> int: ...
"""
WRONG = {
    "a package that is missing": (
        "import nosuchpackage\n",
        "server.py, line 1: ModuleNotFoundError: No module named 'nosuchpackage'. Add the package",
    ),
    "an annotation that means nothing": (
        "from fastmcp import FastMCP\nmcp = FastMCP('x')\n\n\n@mcp.tool\ndef a(x: 'Nope'): ...\n",
        "server.py, line 5: NameError: name 'Nope' is not defined.",
    ),
    "parameters without names": (
        "from fastmcp import FastMCP\nmcp = FastMCP('x')\n\n\n@mcp.tool\ndef a(*args): ...\n",
        "Functions with *args are not supported as tools. Give each parameter",
    ),
    "no such object": ("from fastmcp import FastMCP\n", "server has nothing called 'mcp'"),
    "another kind of object": ("mcp = 3\n", "server:mcp is a int; it has to be a FastMCP server"),
    "a server that checks its callers itself": (
        WITH_AUTH,
        "server:mcp has auth=, which Mesh does not support",
    ),
    "a mounted server that checks its callers itself": (
        WITH_MOUNTED_AUTH,
        "inner, mounted on server:mcp, has auth=, which Mesh does not support",
    ),
    "a background task": (
        WITH_A_TASK,
        "x has background tasks, slow. Lambda stops an instance between requests",
    ),
    "a server that runs when it is imported": (
        "from fastmcp import FastMCP\nmcp = FastMCP('x')\nmcp.run()\n",
        "server runs its server when it is imported. Put the call of run() under",
    ),
    "no Python": ("def a(:\n", "server.py is not valid Python"),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_author_is_told_the_line_and_the_remedy(
    built: Callable[..., BuildResult], tmp_path: Path, case: str
) -> None:
    source, said = WRONG[case]
    (tmp_path / "server.py").write_text(source)
    with pytest.raises(BuildError) as caught:
        built(tmp_path)
    assert said in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


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
