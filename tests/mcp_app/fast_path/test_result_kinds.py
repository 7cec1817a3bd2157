"""Whatever kind of result a tool has, the fast path writes it as FastMCP does, or leaves it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ops.bundle import fast_path
from ops.environment import ROOT
from tests.mcp_app.fast_path.conftest import ALL
from tests.mcp_app.fast_path.copies import compare
from tests.mcp_app.fast_path.pair import event

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


CALLS: dict[str, list[dict[str, Any]]] = {
    "gives_text": [{}, {"text": "é “x” \\ \n"}, {"text": ""}],
    "gives_number": [{"number": 3}, {"number": -1}],
    "gives_share": [{"share": 0.25}, {"share": 1}, {"share": 1e-7}, {"share": 3.0}],
    "gives_truth": [{}],
    "gives_nothing": [{}],
    "gives_list": [{}],
    "gives_dict": [{}],
    "gives_object": [{}],
    "gives_more": [{}],
    "fails": [{}],
}
META = "io.modelcontextprotocol/"


def call(path: str, tool: str, arguments: dict[str, Any], *, modern: bool = False) -> Any:
    """The event of a tool call."""
    params: dict[str, Any] = {"name": tool, "arguments": arguments}
    headers = {"content-type": "application/json", "accept": "application/json"}
    if modern:
        params["_meta"] = {
            f"{META}protocolVersion": "2026-07-28",
            f"{META}clientCapabilities": {},
        }
        headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call"}
        headers["mcp-name"] = tool
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return event("POST", path, message, headers)


def test_every_kind_of_result_is_the_same_by_both_ways(tmp_path: Path, index: Path) -> None:
    root = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "mcp_app", root / "mcp_app", ignore=ignored)
    (root / "mcp_app" / "tools" / "kinds.py").write_text(TOOLS)
    made = fast_path.make(root, fast_path.ask(root, tmp_path / "cache"), ALL)
    assert made is not None
    assert made.off["changes_something"] == "it may change something, so it must not be begun twice"
    asked = [
        (tool, call(path, tool, arguments, modern=modern))
        for tool, many in CALLS.items()
        for arguments in many
        for path, modern in (("/mcp", False), ("/mcp", True), ("/rpc", False))
    ]
    found = compare(root, made, index, tmp_path / "run", [one for _, one in asked])
    assert found.different == []
    served = {asked[number][0] for number in found.served}
    assert {"gives_text", "gives_number", "gives_share", "gives_object", "gives_more"} <= served
    assert "fails" not in served
