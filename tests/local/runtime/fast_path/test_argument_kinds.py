"""Whatever kind of argument a tool takes, it gets what Pydantic would have made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import call

TAKEN = {
    "whatever": "Any",
    "fields": "dict[str, Any]",
    "shares": "dict[str, float]",
    "few": "Annotated[dict[str, int], Field(min_length=1, max_length=2)]",
    "by_number": "dict[int, str]",
    "rows": "list[dict[str, int | None]]",
    "number_or_text": "int | str",
    "share_or_text": "float | str",
    "truth_or_number": "bool | int",
    "one_or_many": "str | list[str] | None",
    "number_or_share": "int | float",
    "short_or_many": "Annotated[str, Field(max_length=2)] | list[int]",
    "one_of": "Literal['a', 'b'] | int",
}
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 1.0, 1.5, -0.0, 2**53, -(2**63), 10**30, 1e308),
    *("", "a", "abc", "1", "1.0", "true", "é\n", "\x00", "\ud800", "[1]", '{"a": 1}', "null"),
    *([], [1], ["a"], ["a", None], [[]], [{}], [{"a": 1}], [{"a": None}], [{"a": "1"}]),
    *({}, {"a": 1}, {"a": 1.5, "b": 2}, {"a": 1, "b": 2, "c": 3}, {"1": "x"}, {"": None}),
    {"a": {"b": [1, {"c": "\ud800"}]}},
)


def test_arguments_of_every_kind_arrive_as_pydantic_gives_them(tmp_path: Path, index: Path) -> None:
    tools = "".join(
        f"@tool(annotations=READ_ONLY)\ndef takes_{name}(value: {kind}) -> str:\n"
        "    return f'{value!r}'\n\n"
        for name, kind in TAKEN.items()
    )
    root = project_with(
        tmp_path,
        "from typing import Annotated, Any, Literal\n\nfrom fastmcp.tools import tool\n"
        "from pydantic import Field\n\nfrom mcp_app.interface.annotations import READ_ONLY\n\n"
        + tools,
    )
    made = built(root, tmp_path / "cache")
    assert {f"takes_{name}" for name in TAKEN} <= {*made.tools}
    asked = [
        (name, value, call(f"takes_{name}", {"value": value}, kind))
        for name in TAKEN
        for value in VALUES
        for kind in ("/mcp", "/mcp modern")
    ]
    found = compare(root, index, tmp_path / "run", [event for _, _, event in asked])
    assert found.different == []
    # Half of a surrogate pair is no JSON to the SDK.
    left = {repr(value) for number, (_, value, _) in enumerate(asked) if number in found.reasons}
    assert left == {repr(one) for one in VALUES if "ud800" in repr(one)}
