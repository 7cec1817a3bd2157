"""The call that `mesh up` shows: of a tool that exists, with arguments that its schema allows."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from mesh.settings.call import Call
from mesh.smoke.example_call import example_call


def tool(name: str, *required: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": [*required]}
    return {"name": name, "inputSchema": schema}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "integer", "minimum": 10},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object"},
        {"enum": ["red", "green"]},
        {"const": "only"},
        {"type": "string", "examples": ["2026-11-30"], "format": "date"},
    ],
)
def test_placeholders_fit_the_schema(schema: dict[str, Any]) -> None:
    found = tool("paint", "value", value=schema, other={"type": "string"})

    shown = example_call([found])

    assert shown is not None
    assert shown.arguments.keys() == {"value"}
    jsonschema.validate(shown.arguments, found["inputSchema"])


def test_a_tool_whose_schema_says_too_little_is_passed_over() -> None:
    unclear = tool("unclear", "when", when={"type": "string", "format": "date"})
    reference = tool("reference", "item", item={"$ref": "#/$defs/Item"})

    assert example_call([unclear, reference, tool("now")]) == Call("now", {})
    assert example_call([unclear, reference]) is None


def test_a_tool_that_destroys_is_never_shown() -> None:
    destroys = tool("drop") | {"annotations": {"destructiveHint": True}}

    assert example_call([destroys, tool("add", "a", a={"type": "integer"})]) == Call(
        "add", {"a": 1}
    )
    assert example_call([destroys]) is None
