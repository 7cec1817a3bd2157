"""Whatever kind of result a tool has, the fast path writes it as FastMCP does, or leaves it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.bundle import fast_path
from ops.environment import ROOT

TOOLS = """
from __future__ import annotations
from dataclasses import dataclass, field
from fastmcp.tools import tool
from mcp_app.annotations import READ_ONLY

@dataclass(frozen=True)
class Inner:
    name: str
    share: float | None = None

@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    items: tuple[Inner, ...]
    words: list[str] = field(default_factory=list)

@dataclass(frozen=True, slots=True, kw_only=True)
class More(Whole):
    count: int

@tool(annotations=READ_ONLY)
def gives_text(text: str = "plain") -> str:
    return text

@tool(annotations=READ_ONLY)
def gives_number(number: int) -> int:
    return number

@tool(annotations=READ_ONLY)
async def gives_share(share: float) -> float:
    return share

@tool(annotations=READ_ONLY)
def gives_truth() -> bool:
    return True

@tool(annotations=READ_ONLY)
def gives_nothing() -> str | None:
    return None

@tool(annotations=READ_ONLY)
def gives_list() -> list[str]:
    return ["a", "é", 'q"']

@tool(annotations=READ_ONLY)
def gives_dict() -> dict[str, int | None]:
    return {"a": 1, "é": None}

@tool(annotations=READ_ONLY)
async def gives_object() -> Whole:
    return Whole(items=(Inner("x", 0.5), Inner("é")))

@tool(annotations=READ_ONLY)
async def gives_more() -> More:
    return More(items=(), words=["w"], count=2)

@tool(annotations=READ_ONLY)
def fails() -> str:
    raise RuntimeError("not for callers")

@tool
def changes_something(text: str) -> str:
    return text
"""


def test_every_kind_of_result_is_the_same_by_both_ways(tmp_path: Path) -> None:
    root, lean = tmp_path / "project", tmp_path / "lean"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mcp_app", root / "mcp_app", ignore=ignored)
    (root / "mcp_app" / "tools" / "kinds.py").write_text(TOOLS)
    answers = fast_path.ask(root, tmp_path / "cache")
    made = fast_path.make(root, answers, frozenset({"documents"}))
    assert made is not None
    assert made.off["changes_something"] == "it may change something, so it must not be begun twice"
    for entry in made.entries:
        place = lean / entry.name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(entry.data)
    done = subprocess.run(
        [sys.executable, "-m", "tests.mcp_app.fast_path.compare_kinds"],
        cwd=root,
        env={
            "PATH": os.defpath,
            "HOME": str(tmp_path),
            "PYTHONPATH": os.pathsep.join(map(str, (root, lean, ROOT))),
            "MESH_LOG_LEVEL": "CRITICAL",
            "FASTMCP_LOG_ENABLED": "false",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["different"] == []
    assert {"gives_text", "gives_number", "gives_share", "gives_object", "gives_more"} <= set(
        found["served"]
    )
    assert "fails" not in found["served"]
