"""Which tools can be called without FastMCP, and how: what FastMCP and Pydantic know of each."""

from __future__ import annotations

import inspect
import json
from typing import Any

from ops.bundle.argument_checks import NotPlainError, checks

# Of Pydantic's schemas, those whose values `mcp_app.fast_path.json_text` writes alike, or, of
# any kind, leaves to FastMCP.
PLAIN_RESULTS = frozenset(
    {
        "any",
        "str",
        "int",
        "float",
        "bool",
        "none",
        "nullable",
        "literal",
        "list",
        "tuple",
        "dict",
        "union",
    }
    | {"dataclass", "dataclass-args", "dataclass-field", "default", "definitions", "definition-ref"}
)


def check_result(schema: Any) -> None:
    """See that a result is written alike with and without Pydantic.

    Raises:
        NotPlainError: it is not.
    """
    if isinstance(schema, list | tuple):
        for one in schema:
            check_result(one)
    elif isinstance(schema, dict) and isinstance(kind := schema.get("type"), str):
        if kind not in PLAIN_RESULTS or schema.get("serialization"):
            raise NotPlainError(f"its result has a {kind}")
        if kind == "dataclass-field" and any(
            schema.get(one) for one in ("serialization_alias", "serialization_exclude", "init_only")
        ):
            raise NotPlainError(f"its result's {schema['name']} is written in its own way")
        for name, one in schema.items():
            if name not in {"default", "metadata", "expected", "cls", "generic_origin", "config"}:
                check_result(one)


def call_of(tool: Any) -> dict[str, Any]:
    """How the fast path calls this FastMCP tool.

    Raises:
        NotPlainError: it cannot; the message says why.
    """
    from fastmcp.server.dependencies import without_injected_parameters  # noqa: PLC0415 - see main
    from fastmcp.utilities.types import get_cached_typeadapter  # noqa: PLC0415
    from mcp.shared.inbound import X_MCP_HEADER_KEY  # noqa: PLC0415
    from pydantic import PydanticSchemaGenerationError, TypeAdapter  # noqa: PLC0415

    if X_MCP_HEADER_KEY in json.dumps(tool.parameters):
        raise NotPlainError("a header has to repeat an argument")
    if tool.timeout is not None:
        raise NotPlainError("it has a time limit of its own")
    function = tool.fn
    adapter = get_cached_typeadapter(without_injected_parameters(function))
    made = checks(adapter.core_schema)
    if len(made) != function.__code__.co_argcount + function.__code__.co_kwonlyargcount:
        raise NotPlainError("it takes FastMCP's Context")
    if tool.return_type not in {inspect.Signature.empty, None, ...}:
        try:
            check_result(TypeAdapter(tool.return_type).core_schema)
        except PydanticSchemaGenerationError:
            raise NotPlainError("its result is no JSON") from None
    schema = tool.output_schema
    return {
        "module": function.__module__,
        "function": function.__name__,
        "is_async": inspect.iscoroutinefunction(function),
        "changes": not (tool.annotations and tool.annotations.read_only_hint),
        "checks": made,
        # Without a schema, only what is an object stands in `structuredContent`, too.
        "structured": schema is not None,
        "wrapped": bool(schema and schema.get("x-fastmcp-wrap-result")),
    }
