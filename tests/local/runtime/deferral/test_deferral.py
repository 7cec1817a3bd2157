"""An author's module is imported once, with FastMCP and Pydantic deferred, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT

# Run in a process of its own: imports the module `server` deferred and plainly, and says what
# was imported and what FastMCP lists.
PROGRAM = """
import asyncio, json, sys
from mesh.runtime.deferral import fingerprint
from mesh.runtime.deferral.imports import Deferral
name, way = sys.argv[1:]
deferral = Deferral({"server", "helper"}, lambda: deferral.end())
said = {}
if way == "deferred":
    deferral.begin()
    server = deferral.load("server")
    heavy = ("fastmcp", "mcp", "mcp_types", "pydantic")
    said["heavy"] = [one for one in heavy if one in sys.modules]
    said["print"] = fingerprint.fingerprints(deferral.log, {"server": server})["server"]
    if hasattr(server, "before"):
        said["before"] = server.before()
    deferral.stop()
    deferral.end()
    said["left"] = deferral.left
import server
async def listed():
    tools = await server.mcp.list_tools()
    return [one.to_mcp_tool().model_dump(mode="json", by_alias=True) for one in tools]
said["tools"] = asyncio.run(listed())
if hasattr(server, "after"):
    said["after"] = server.after()
print(json.dumps(said))
"""
HEAD = "from fastmcp import FastMCP\nmcp = FastMCP('x')\n"


def run(folder: Path, way: str, **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "server", way],
        cwd=folder,
        env={
            "PATH": os.defpath,
            "HOME": str(folder),
            "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT))),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def imported(tmp_path: Path, source: str, helper: str = "") -> dict[str, Any]:
    """What came of a deferred import, whose tools must be those of a plain one."""
    (tmp_path / "server.py").write_text(source)
    (tmp_path / "helper.py").write_text(helper)
    found = run(tmp_path, "deferred")
    assert found["tools"] == run(tmp_path, "plain")["tools"]
    return found


SERVERS = {
    "fields, aliases and unions": HEAD
    + """
from typing import Annotated, Literal, Optional
from pydantic import Field
Limit = Annotated[int, Field(ge=1, le=20, description="How many")]
@mcp.tool(annotations={"readOnlyHint": True}, tags={"a"})
def who(login: str = "", limit: Limit = 3, kind: Literal["a", "b"] = "a",
        more: Optional[Limit] = None, words: list[Annotated[str, Field(max_length=3)]] = []) -> str:
    "Who."
    return login
@mcp.tool("named")
def other(x: int = Field(7, gt=1), y: Limit | None = None) -> dict[str, int]:
    "Other."
    return {}
""",
    "text for annotations": "from __future__ import annotations\n"
    + HEAD
    + """
from helper import Limit, double
from fastmcp import Context
@mcp.tool
async def who(limit: Limit = 3, ctx: Context | None = None) -> list[int]:
    "Who."
    return double(limit)
""",
    "resources, prompts and a mounted server": HEAD
    + """
sub = FastMCP("sub")
@sub.tool
def inner(x: int) -> int:
    return x
mcp.mount(sub, namespace="s")
@mcp.resource("x://{a}")
def resource(a: str) -> str:
    return a
@mcp.prompt
def prompt(a: str) -> str:
    return a
""",
    "kept in many places": HEAD
    + """
import functools
from fastmcp.utilities.types import Image
from pydantic import Field
FIELDS = {"a": [Field(ge=1)], Image: (Image, frozenset({Image}))}
make = functools.partial(Field, description="d")
class Kept:
    kind = Image
    def __init__(self): self.image = Image
kept = Kept()
def closed():
    hidden = Image
    return lambda: hidden
opened = closed()
@mcp.tool
def who(x: int = 1) -> int:
    return x
def after():
    from pydantic.fields import FieldInfo
    return [type(FIELDS["a"][0]) is FieldInfo, FIELDS[Image][0] is Image, Image in FIELDS[Image][1],
            Kept.kind is Image, kept.image is Image, opened() is Image, isinstance(Image, type),
            type(make()) is FieldInfo]
""",
    "keys": HEAD
    + """
from typing import Annotated
from pydantic import Field
Limit = Annotated[int, Field(ge=1)]
BY_KIND = {Limit: "limit", (Limit, 1): "pair", "a": 3}
KINDS = {Limit, Field}
NESTED = [{"inner": {Limit: 1}}]
@mcp.tool
def who(x: Limit = 1) -> int:
    return x
def after():
    return [BY_KIND[Limit] == "limit", BY_KIND[Limit, 1] == "pair", Limit in KINDS, Field in KINDS,
            NESTED[0]["inner"][Limit] == 1]
""",
}


@pytest.mark.parametrize("name", SERVERS)
def test_a_deferred_server_lists_what_a_plain_one_lists(tmp_path: Path, name: str) -> None:
    helper = "from typing import Annotated\nfrom pydantic import Field\n"
    helper += "Limit = Annotated[int, Field(le=9, description='d')]\ndef double(x): return [x, x]\n"
    found = imported(tmp_path, SERVERS[name], helper)
    assert found["heavy"] == []
    assert found["left"] == []
    assert found["tools"]
    assert all(found.get("after", [True]))


def test_state_is_kept_when_fastmcp_takes_over(tmp_path: Path) -> None:
    source = HEAD + "import itertools\nIDS = itertools.count(1)\n"
    source += "@mcp.tool\ndef next_id() -> int:\n    return next(IDS)\n"
    source += "def before(): return next_id()\ndef after(): return next_id()\n"
    found = imported(tmp_path, source)
    assert (found["before"], found["after"]) == (1, 2)


def test_a_tool_error_is_fastmcps_own_before_fastmcp_is_there(tmp_path: Path) -> None:
    source = HEAD + "from fastmcp.exceptions import ToolError\nclass Mine(ToolError): pass\n"
    source += "@mcp.tool\ndef fails() -> int:\n    raise Mine('no')\n"
    source += "KIND = ToolError\ndef before():\n    try:\n        fails()\n"
    source += "    except ToolError as error:\n        return str(error)\n"
    source += "def after():\n    from fastmcp import exceptions\n"
    source += (
        "    return exceptions.ToolError is KIND and issubclass(Mine, exceptions.FastMCPError)\n"
    )
    found = imported(tmp_path, source)
    assert found["heavy"] == []
    assert found["before"] == "no"
    assert found["after"] is True


MODEL = """
from pydantic import BaseModel, Field
class Item(BaseModel):
    name: str = Field(min_length=2)
@mcp.tool
def make(name: str) -> Item:
    return Item(name=name)
"""


def test_a_model_gets_the_real_pydantic_and_no_fastmcp(tmp_path: Path) -> None:
    source = HEAD + MODEL + "def before(): return make('ab').model_dump()\n"
    found = imported(tmp_path, source)
    assert found["heavy"] == ["pydantic"]
    assert found["before"] == {"name": "ab"}


USES = {
    "isinstance": "isinstance(3, BaseModel)",
    "a name": "BaseModel.__name__ == 'BaseModel'",
    "text": "'BaseModel' in f'{BaseModel}'",
    "a call": "TypeAdapter(int).validate_python('3') == 3",
    "truth": "bool(BaseModel)",
    "a subclass": "defined().model_dump() == {}",
}


@pytest.mark.parametrize("name", USES)
def test_whatever_a_running_tool_does_with_a_deferred_name_it_does_to_the_real_one(
    tmp_path: Path, name: str
) -> None:
    source = HEAD + "from pydantic import BaseModel, TypeAdapter\n"
    source += "def defined():\n    class X(BaseModel): pass\n    return X()\n"
    source += f"def before(): return bool({USES[name]})\ndef after(): return before()\n"
    found = imported(tmp_path, source)
    assert found["heavy"] == []
    assert found["before"] is found["after"] is (name != "isinstance")


def test_only_authors_get_recorders(tmp_path: Path) -> None:
    (tmp_path / "library.py").write_text("from pydantic import BaseModel\nKIND = type(BaseModel)\n")
    source = HEAD + "import library\nfrom pydantic import Field\n"
    source += "def before(): return [library.KIND.__name__, type(Field).__name__]\n"
    found = imported(tmp_path, source)
    assert found["before"] == ["ModelMetaclass", "Recorder"]


@pytest.mark.parametrize(
    "source",
    [
        "LIMIT = int(os.environ.get('LIMIT', '1'))\n@mcp.tool\ndef f(x: int = LIMIT) -> int: ...\n",
        "if 'LIMIT' in os.environ:\n    @mcp.tool\n    def f(x: int) -> int: ...\n",
        "@mcp.tool(description=os.environ.get('LIMIT'))\ndef f(x: int) -> int: ...\n",
        """
from typing import Literal
KINDS = Literal[os.environ.get('LIMIT', 'a')]
@mcp.tool
def f(x: 'KINDS') -> int: ...
""",
    ],
    ids=["a default", "a condition", "a description", "an annotation's name"],
)
def test_a_module_that_depends_on_its_environment_has_another_fingerprint(
    tmp_path: Path, source: str
) -> None:
    (tmp_path / "server.py").write_text(HEAD + "import os\n" + source)
    prints = [
        run(tmp_path, "deferred", **environment)["print"]
        for environment in ({}, {}, {"LIMIT": "5"})
    ]
    assert prints[0] == prints[1] != prints[2]
