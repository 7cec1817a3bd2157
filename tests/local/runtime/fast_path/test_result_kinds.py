"""Whatever kind of result a tool has, the fast path writes it as FastMCP does, or leaves it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import all_in_all_ways

TOOLS = """
from __future__ import annotations
import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict
from fastmcp.exceptions import ToolError
from fastmcp.tools import tool
from mcp_app.interface.annotations import READ_ONLY

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

class Item(TypedDict):
    name: str
    share: NotRequired[float | None]

class Open(TypedDict, total=False):
    items: list[Item]
    word: str

setattr(Open, "__pydantic_config__", {"extra": "allow"})
FIELDS = {
    "known": {"items": [{"name": "x", "share": 0.5}, {"name": "é"}], "word": "w"},
    "others": {"z": [1, {"a": None}], "word": "w", "items": [], "y": 1e-7},
    "others_within": {"items": [{"name": "x", "more": 1}]},
    "other_types": {"items": ({"name": 7},), "word": None},
    "object": {"word": "w", "z": Inner("x")},
    "none": {},
}

WHATEVER = {
    "text": "é",
    "number": 1e-7,
    "truth": True,
    "nothing": None,
    "list": ["a", {"b": None}],
    "no_items": (),
    "dict": {"a": [1, 2.5]},
    "no_fields": {},
    "not_in_json": {"a": [1.5, float("nan"), float("-inf")]},
    "not_in_json_by_name": {"a": "NaN", "b": 1e-7, "c": "Infinity"},
    "object": Whole(items=(Inner("x", 1e-7),)),
    "objects": [Inner("x")],
}

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
def gives_no_items() -> list[str]:
    return []

@tool(annotations=READ_ONLY)
def gives_no_fields() -> dict[str, str]:
    return {}

@tool(annotations=READ_ONLY)
def gives_whatever(kind: str):
    return WHATEVER[kind]

@tool(annotations=READ_ONLY)
def gives_anything(kind: str) -> Any:
    return WHATEVER[kind]

@tool(annotations=READ_ONLY, output_schema=None)
def gives_it_unstructured() -> list[str]:
    return ["a"]

@tool(annotations=READ_ONLY)
def gives_nothing_at_all() -> None:
    return None

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
def gives_fields(kind: str) -> Open:
    return FIELDS[kind]

@tool(annotations=READ_ONLY)
def gives_needed_fields(kind: str) -> Item:
    return {"name": "x"} if kind == "known" else FIELDS[kind]

@tool(annotations=READ_ONLY)
def fails() -> str:
    raise RuntimeError("not for callers")

@tool(annotations=READ_ONLY)
async def refuses(text: str = "no") -> Whole:
    raise ToolError(text)

@tool(annotations=READ_ONLY)
def refuses_quietly() -> str:
    raise ToolError("as agreed", log_level=logging.DEBUG)

@tool(annotations=READ_ONLY)
async def fails_within_a_group() -> str:
    async def work() -> str:
        raise ToolError("not for callers either: it comes within a group")
    async with asyncio.TaskGroup() as group:
        group.create_task(work())
    return ""

@tool(annotations=READ_ONLY)
async def gathers() -> list[str]:
    async def work(text: str) -> str:
        if text == "b":
            raise ValueError(text)
        return text
    return [str(one) for one in await asyncio.gather(work("a"), work("b"), return_exceptions=True)]

@tool(annotations=READ_ONLY)
def waits_for_nobody() -> str:
    raise TimeoutError("not for callers")

@tool(annotations=READ_ONLY)
async def waits() -> str:
    from asyncio import sleep
    await sleep(0)
    return "waited"

@tool
def changes_something(text: str) -> str:
    return text

@tool
async def changes_something_else(text: str) -> str:
    return text
"""


SMALL = [{"share": share} for share in (1e-4, 1e-5, -2.5e-5, 1e-6, 2.5e-20, 1e16, 1.5e17, 5e-324)]
KINDS = [
    "text",
    "number",
    "truth",
    "nothing",
    "list",
    "no_items",
    "dict",
    "no_fields",
    "not_in_json",
    "not_in_json_by_name",
    "object",
    "objects",
]
FIELDS = ["known", "others", "others_within", "other_types", "object", "none"]
CALLS: dict[str, list[dict[str, Any]]] = {
    "gives_text": [{}, {"text": "é “x” \\ \n"}, {"text": ""}],
    "gives_number": [{"number": 3}, {"number": -1}],
    "gives_share": [{"share": 0.25}, {"share": 1}, {"share": 1e-7}, {"share": 3.0}, *SMALL],
    "gives_truth": [{}],
    "gives_nothing": [{}],
    "gives_list": [{}],
    "gives_dict": [{}],
    "gives_no_items": [{}],
    "gives_no_fields": [{}],
    "gives_whatever": [{"kind": kind} for kind in KINDS],
    "gives_anything": [{"kind": kind} for kind in KINDS],
    "gives_it_unstructured": [{}],
    "gives_nothing_at_all": [{}],
    "gives_object": [{}],
    "gives_more": [{}],
    "gives_fields": [{"kind": kind} for kind in FIELDS],
    "gives_needed_fields": [{"kind": "known"}, {"kind": "none"}, {"kind": "others"}],
    "fails": [{}],
    "refuses": [{}, {"text": 'é “x” \\ \n "</a>'}, {"text": ""}],
    "refuses_quietly": [{}],
    "fails_within_a_group": [{}],
    "gathers": [{}],
    "waits_for_nobody": [{}],
    "waits": [{}],
    "changes_something": [{"text": "é"}],
    "changes_something_else": [{"text": "é"}],
}


def test_every_kind_of_result_is_the_same_by_both_ways(tmp_path: Path, index: Path) -> None:
    root = project_with(tmp_path, TOOLS)
    built(root, tmp_path / "cache")
    asked = all_in_all_ways(CALLS)
    found = compare(root, index, tmp_path / "run", [one for _, one in asked])
    assert found.different == []
    served = {asked[number][0] for number in found.served}
    assert {"gives_text", "gives_number", "gives_share", "gives_object", "gives_more"} <= served
    assert {tool for tool in CALLS if tool.startswith("gives_")} <= served
    failing = {"fails", "refuses", "refuses_quietly", "fails_within_a_group", "waits_for_nobody"}
    assert failing | {"gathers", "waits", "changes_something", "changes_something_else"} <= served
    # A result whose numbers are written in another way on each way is no reason to call twice.
    numbers = {number for number, (tool, _) in enumerate(asked) if tool == "gives_share"}
    assert numbers <= found.served
    said = {asked[number][0]: lines for number, lines in found.logged.items()}
    # The masked error with its traceback, and then the request's own line.
    assert [line[:4] for line in said["fails"]] == [
        ["fastmcp.server.server", "ERROR", "Error calling tool 'fails'", "RuntimeError"],
        ["mesh.request", "INFO", "request", None],
    ]
    assert ["outcome", "tool_error"] in said["fails"][-1][-1]
