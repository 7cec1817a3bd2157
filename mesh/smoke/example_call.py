"""A tool call to show people, with arguments that fit the schema. Nobody makes it for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mesh.settings.call import Call

# https://json-schema.org/understanding-json-schema/reference/type
PLACEHOLDERS: Mapping[str, Any] = {
    "string": "text",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "array": [],
    "object": {},
}


def example_call(tools: list[dict[str, Any]]) -> Call | None:
    """A call of the first tool that can be called with placeholders; None for none.

    Args:
        tools: What the server advertises. Tools that say that they destroy something are left out.
    """
    for tool in tools:
        if (tool.get("annotations") or {}).get("destructiveHint"):
            continue
        arguments = _arguments(tool.get("inputSchema") or {})
        if arguments is not None:
            return Call(tool["name"], arguments)
    return None


def _arguments(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Placeholders for the required properties; None where a schema says too little."""
    properties = schema.get("properties") or {}
    found = {}
    for name in schema.get("required") or ():
        value = _value(properties.get(name) or {})
        if value is None:
            return None
        found[name] = value
    return found


def _value(schema: Mapping[str, Any]) -> Any:
    if schema.get("examples"):
        return schema["examples"][0]
    for key in ("const", "default"):
        if schema.get(key) is not None:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    # Rules that a placeholder may break.
    if {"pattern", "format", "minLength", "minItems", "required"} & schema.keys():
        return None
    least = schema.get("minimum")
    return least if least is not None else PLACEHOLDERS.get(str(schema.get("type")))
