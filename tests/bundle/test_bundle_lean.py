"""What is left of a module once nobody reads its annotations."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ops.bundle.annotated import NotLeanError
from ops.bundle.lean import Lean

TOOLS = '''
"""Tools."""
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated, Any
import numpy
from fastmcp.tools import tool
from pydantic import Field
from mcp_app.words import shout, whisper

Text = Annotated[str, Field(max_length=3)]
LOUD = shout("x")

@dataclass(frozen=True)
class Said[Kind]:
    text: Text
    again: Kind | None = None

@tool(title="Say")
async def say(text: Text, *, more: Any = LOUD) -> Said[str]:
    found: Said[str] = Said(text=shout(text), again=more)
    return found

@tool
def count(text: str) -> int:
    return int(numpy.sum([len(text)]))

@tool
def later(text: str) -> str:
    from numpy import array
    return str(array([text]))

@tool
async def wait(text: str) -> str:
    import asyncio
    return text
'''
WORDS = """
import re
from pydantic import BaseModel

WORD = re.compile(r"(?P<first>[a-z])+")

class Unused(BaseModel):
    pass

def shout(text): return WORD.sub(lambda found: found[0].upper(), text)
def whisper(text): return text.lower()
"""

WAITING = """
import asyncio.subprocess
from asyncio import sleep

async def waits():
    await sleep(1)

async def waits_later():
    from asyncio import sleep as later
    await later(1)

async def waits_elsewhere():
    await asyncio.subprocess.create_subprocess_exec("x")
"""


CONNECTING = """
def connect():
    from socket import create_connection, gethostname
    import ssl
    return create_connection((gethostname(), 1), ssl)
"""
# A stand-in that has its original where there is nothing better.
SOCKET = """
try:
    from _socket import nothing
except ImportError:
    from socket import create_connection as made

def create_connection(address, timeout): return made(address, timeout)
"""


@pytest.fixture
def lean(tmp_path: Path) -> Lean:
    package = tmp_path / "mcp_app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "tools.py").write_text(TOOLS)
    (package / "words.py").write_text(WORDS)
    (package / "waiting.py").write_text(WAITING)
    stand_ins = package / "fast_path" / "stand_ins"
    stand_ins.mkdir(parents=True)
    for folder in (stand_ins, stand_ins.parent):
        (folder / "__init__.py").write_text("")
    for name in ("asyncio", "dataclasses", "typing", "exceptions", "hashlib", "hmac"):
        (stand_ins / f"{name}.py").write_text("def dataclass(**_): return lambda cls: cls\n")
    (package / "connecting.py").write_text(CONNECTING)
    (stand_ins / "socket.py").write_text(SOCKET)
    (stand_ins / "ssl.py").write_text("")
    return Lean(tmp_path)


def written(lean: Lean) -> dict[str, str]:
    return {one.name: ast.unparse(one.tree) for one in lean.modules()}


def test_only_what_runs_is_left(lean: Lean) -> None:
    lean.add("mcp_app.tools", "say")
    made = written(lean)["mcp_app_lean.tools"]
    assert "async def say(text, *, more=LOUD)" in made
    assert "found = Said(" in made
    for gone in ("numpy", "pydantic", "fastmcp", "Annotated", "Text", "whisper", "[Kind]", "count"):
        assert gone not in made
    assert "class Unused" not in written(lean)["mcp_app_lean.words"]


def test_a_field_keeps_its_name_its_place_and_its_default(lean: Lean) -> None:
    lean.add("mcp_app.tools", "say")
    made = written(lean)["mcp_app_lean.tools"]
    assert made.index("text: ''") < made.index("again: '' = None")


def test_a_regular_expression_is_compiled_by_the_build(lean: Lean) -> None:
    lean.add("mcp_app.words", "shout")
    (module,) = (one for one in lean.modules() if one.name == "mcp_app_lean.words")
    namespace: dict[str, object] = {}
    exec(compile(module.tree, "words.py", "exec"), namespace)  # noqa: S102 - what the build made
    found = namespace["WORD"].match("abc")  # type: ignore[attr-defined]
    assert (found[0], found["first"]) == ("abc", "c")
    assert "re.compile" not in ast.unparse(module.tree)


def test_what_a_function_imports_by_name_is_a_stand_in_s_where_there_is_one(lean: Lean) -> None:
    lean.add("mcp_app.connecting", "connect")
    made = written(lean)
    lines = [line.strip() for line in made["mcp_app_lean.connecting"].splitlines()]
    stand_in = "mcp_app_lean.fast_path.stand_ins.socket"
    assert f"from {stand_in} import create_connection" in lines
    assert "from socket import gethostname" in lines
    assert "import ssl" in lines
    assert "from socket import create_connection as made" in made[stand_in]


def test_what_needs_a_third_party_s_package_is_refused_by_its_name(lean: Lean) -> None:
    with pytest.raises(NotLeanError, match="numpy"):
        lean.add("mcp_app.tools", "count")
    assert list(lean.modules()) == []


def test_an_import_within_a_function_raises_when_it_is_reached(lean: Lean) -> None:
    lean.add("mcp_app.tools", "later")
    assert "raise ImportError('not lean: it needs numpy')" in written(lean)["mcp_app_lean.tools"]


@pytest.mark.parametrize("name", ["waits", "waits_later", "waits_elsewhere"])
def test_what_waits_is_refused(lean: Lean, name: str) -> None:
    with pytest.raises(NotLeanError, match="asyncio"):
        lean.add("mcp_app.waiting", name)


def test_line_numbers_are_those_of_the_source(lean: Lean) -> None:
    lean.add("mcp_app.tools", "say")
    (module,) = (one for one in lean.modules() if one.name == "mcp_app_lean.tools")
    (function,) = (one for one in module.tree.body if isinstance(one, ast.AsyncFunctionDef))
    line = next(
        n for n, text in enumerate(TOOLS.splitlines(), 1) if text.startswith("async def say")
    )
    assert function.lineno == line
    assert module.source == "mcp_app/tools.py"


def test_a_name_that_is_not_there_is_an_error(lean: Lean) -> None:
    with pytest.raises(NotLeanError, match="whistle"):
        lean.add("mcp_app.tools", "whistle")
