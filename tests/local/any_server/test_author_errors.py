"""What a build tells an author whose server cannot be deployed: the line, and what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mesh.build import BuildError, BuildResult, build
from mesh.build.project import write_metadata
from mesh.installation import CACHE
from tests.local.any_server.project import HERE, MAKES, project_of

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
NEEDS_SETTINGS = """\
from fastmcp import FastMCP
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    first_of_several_settings: str
    second_of_several_settings: str
    third_of_several_settings: str


mcp = FastMCP("x")
settings = Settings()
"""
WRONG = {
    "a package that is missing": (
        "import nosuchpackage\n",
        "server.py, line 1: ModuleNotFoundError: No module named 'nosuchpackage'. Add the package",
    ),
    "a package that only Mesh's own environment has": (
        "import tomlkit\n",
        "server.py, line 1: ModuleNotFoundError: No module named 'tomlkit'. Add the package",
    ),
    "the metadata of the project itself": (
        "from importlib.metadata import version\nversion('weather')\n",
        "PackageNotFoundError: No metadata of 'weather'. Give your project a version in pyproject",
    ),
    "a secret on import": (
        f"import mesh\n{MAKES}key = mesh.secret('WEATHER_KEY')\n",
        "... Call mesh.secret() in the tool: the build has no secrets.",
    ),
    "a module that a package does not have": (
        "import starlette.nosuchmodule\n",
        "No module named 'starlette.nosuchmodule'. The zip has starlette ",
    ),
    "the SDK's own class": (
        "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('x')\n",
        "That is the SDK's own FastMCP. Write `from fastmcp import FastMCP` instead.",
    ),
    "an annotation that means nothing": (
        f"{MAKES}\n\n@mcp.tool\ndef a(x: 'Nope'): ...\n",
        "server.py, line 5: NameError: name 'Nope' is not defined.",
    ),
    "parameters without names": (
        f"{MAKES}\n\n@mcp.tool\ndef a(*args): ...\n",
        "Functions with *args are not supported as tools. Give each parameter",
    ),
    "named parameters without names": (
        f"{MAKES}\n\n@mcp.tool\ndef a(**rest): ...\n",
        "Functions with **kwargs are not supported as tools. Give each parameter",
    ),
    "no such object": (
        "from fastmcp import FastMCP\n",
        "server.py: The module server has nothing called 'mcp', and no FastMCP server.",
    ),
    "another kind of object": (
        "\nmcp = 3\n",
        "server.py, line 2: server:mcp is of type int; it has to be a FastMCP server",
    ),
    "a function that wants something": (
        "from fastmcp import FastMCP\n\n\ndef mcp(path): ...\n",
        "server.py, line 4: server:mcp cannot be called without arguments: missing a required arg",
    ),
    "an application of another framework": (
        "class App:\n    def __call__(self, scope): ...\n\n\nmcp = App()\n",
        "server.py, line 5: server:mcp is of type App; it has to be a FastMCP server",
    ),
    "a server that checks its callers itself": (
        WITH_AUTH,
        "server.py, line 4: server:mcp has auth=, which Mesh does not support",
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
        f"{MAKES}mcp.run()\n",
        "server.py, line 3: server runs its server when it is imported. Put the call of run()",
    ),
    "a module that ends the process": (
        f"import sys\n{MAKES}sys.exit(1)\n",
        "server.py, line 4: SystemExit: 1. Importing the module ends it. Put that under `if __name",
    ),
    "a module that ends the process with words": (
        f"import sys\n{MAKES}sys.exit('Set WEATHER_URL.')\n",
        "server.py, line 4: SystemExit: Set WEATHER_URL.",
    ),
    "a variable that is not set": (
        f"import os\n{MAKES}url = os.environ['WEATHER_URL']\n",
        "line 4: KeyError: 'WEATHER_URL'. Set it in `environment_variables` (.tfvars), or use",
    ),
    "settings that are not set": (
        NEEDS_SETTINGS,
        "... Set it in `environment_variables` (.tfvars), or use mesh.secret().",
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
    # Two lines of a terminal.
    assert len(str(caught.value)) <= 160
    assert len(str(caught.value).splitlines()) == 1


def test_a_name_that_is_not_there_is_answered_with_those_that_are(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(MAKES)
    with pytest.raises(BuildError, match="has nothing called 'nope', but the server mcp"):
        built(tmp_path, "nope")


def test_an_import_that_does_not_end_is_told_its_line(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    """A server that serves when it is imported, whatever it catches. It does not wait a minute."""
    (tmp_path / "server.py").write_text(
        f"import signal, time\n{MAKES}signal.alarm(1)\n"
        "while True:\n    try:\n        time.sleep(1)\n    except BaseException: pass\n"
    )
    with pytest.raises(BuildError, match=r"^server\.py, line 7: the import has not ended after"):
        built(tmp_path)


def test_a_client_of_aws_can_be_made_on_import(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(
        f"import boto3\n{MAKES}table = boto3.resource('dynamodb').Table('weather')\n"
    )
    built(tmp_path)


def test_a_project_that_asks_for_its_own_version_gets_it(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(
        "from importlib.metadata import version\nfrom fastmcp import FastMCP\n"
        "mcp = FastMCP('x', version=version('weather-desk'))\n"
    )
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "Weather_Desk"\nversion = "1.2"\n')
    project = replace(
        project_of(tmp_path), metadata=write_metadata(tmp_path, tmp_path / ".mesh" / "metadata")
    )
    output = tmp_path / ".mesh" / "server.zip"
    build(project, "host", output=output, cache=CACHE / "bundle")
    with zipfile.ZipFile(output) as made:
        text = made.read("weather_desk-1.2.dist-info/METADATA").decode()
    assert text.splitlines()[1:] == ["Name: Weather_Desk", "Version: 1.2"]


def test_a_smoke_call_of_a_tool_that_is_not_there_is_refused(tmp_path: Path) -> None:
    example = {"tool": "nosuch", "arguments": {}}
    project = replace(project_of(HERE / "servers" / "plain"), example=example)
    with pytest.raises(BuildError, match="smoke calls the tool 'nosuch', and the server has no"):
        build(project, "host", output=tmp_path / "server.zip", cache=CACHE / "bundle")


def test_a_file_that_hides_a_module_of_python_is_named(
    built: Callable[..., BuildResult], tmp_path: Path
) -> None:
    (tmp_path / "server.py").write_text(MAKES)
    (tmp_path / "json.py").write_text("")
    with pytest.raises(BuildError, match=r"^json\.py hides Python's own module json, "):
        built(tmp_path)
