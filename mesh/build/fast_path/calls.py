"""How the fast path calls a tool: what FastMCP and Pydantic know of it, frozen."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType, MethodType
from typing import Any

from mesh.build.fast_path.schemas import Freezer, NotFrozenError, place_of

# What makes an object of a class.
MADE_BY = ("__init__", "__new__", "__post_init__", "model_post_init")


def call_of(
    tool: Any,
    recorded: Mapping[str, Sequence[Any]],
    authors: Sequence[str],
    reached: Mapping[int, Mapping[str, str]],
    follow: Callable[[FunctionType], Mapping[str, str]],
) -> dict[str, Any]:
    """How the fast path calls this FastMCP tool.

    Args:
        tool: FastMCP's.
        recorded: See `Freezer`.
        authors: The names of the authors' modules that were imported deferred.
        reached: By the id of each function, what of a deferred package it may come on.
        follow: The same of a function that checks arguments or writes results.

    Raises:
        NotFrozenError: it cannot; the message says why.
    """
    from fastmcp.server.dependencies import without_injected_parameters
    from fastmcp.tools.function_tool import FunctionTool, _wrap_body_errors
    from fastmcp.utilities.async_utils import is_coroutine_function
    from fastmcp.utilities.types import get_cached_typeadapter

    if type(tool) is not FunctionTool:
        raise NotFrozenError(f"it is a {type(tool).__name__}")
    _check(tool)
    function = tool.fn
    if not inspect.isfunction(function):
        raise NotFrozenError("it is not a function")
    if without_injected_parameters(function) is not function:
        raise NotFrozenError("FastMCP gives it arguments, such as its Context")
    module, name = _place_of(function, authors, recorded)
    uses = reached.get(id(function))
    if uses is None:
        raise NotFrozenError("its function is made by FastMCP or Pydantic")
    # As `fastmcp.tools.function_tool.FunctionTool.run` does it.
    body = _wrap_body_errors(function, materialize_generators=True)
    wrapper = without_injected_parameters(body, run_in_thread=tool.run_in_thread)
    adapter = get_cached_typeadapter(_wrap_body_errors(wrapper))
    freezer = Freezer(function, recorded, authors)
    schema = _schema(adapter)
    call = schema if schema["type"] == "call" else schema.get("schema", {})
    if call.get("type") != "call":
        raise NotFrozenError("its signature is not a plain one")
    returned = _returned(tool)
    checked = [call["arguments_schema"], schema.get("definitions"), returned]
    for one in _functions_in(checked):
        uses = {**follow(one), **uses}
    if "fastmcp" in uses:
        raise NotFrozenError(f"it may use {uses['fastmcp']} while it runs")
    arguments = _without_function(freezer, schema)
    return {
        # What its own server calls it.
        "name": tool.name,
        "module": module,
        "function": name,
        "arguments": arguments,
        # A call comes on the real one, and no recorder.
        "pydantic": "pydantic" in uses,
        "anyio": "anyio" in uses,
        "config": freezer.frozen(_config(adapter)),
        # As callers write them, which `the server` tells its middleware, too.
        "names": sorted(tool.parameters.get("properties", {})),
        "returns": None if returned is None else freezer.frozen(returned),
        "in_thread": not is_coroutine_function(wrapper) and tool.run_in_thread,
        "structured": tool.output_schema is not None,
        "wrapped": bool(tool.output_schema and tool.output_schema.get("x-fastmcp-wrap-result")),
    }


def _check(tool: Any) -> None:
    from mcp.shared.inbound import X_MCP_HEADER_KEY

    if X_MCP_HEADER_KEY in json.dumps(tool.parameters):
        raise NotFrozenError("a header has to repeat an argument")
    if tool.timeout is not None:
        raise NotFrozenError("it has a time limit of its own")
    if tool.auth is not None:
        raise NotFrozenError("FastMCP checks who may call it")
    if tool.task_config.mode != "forbidden":
        raise NotFrozenError("it may run as a task")


def _place_of(
    function: Any, authors: Sequence[str], recorded: Mapping[str, Sequence[Any]]
) -> tuple[str, Any]:
    """Where the function is: a module, and its name there or its place in the recording."""
    for author in authors:
        for name, found in vars(sys.modules[author]).items():
            if found is function:
                return author, name
    for author in authors:
        place = place_of(function, recorded.get(author, ()))
        if place is not None:
            return author, place
    raise NotFrozenError("no module keeps its function under a name")


def _schema(adapter: Any) -> dict[str, Any]:
    adapter.rebuild(raise_errors=True)
    return dict(adapter.core_schema)


def _config(adapter: Any) -> Any:
    from pydantic._internal._config import ConfigWrapper

    return dict(ConfigWrapper(adapter._config).core_config(None))  # noqa: SLF001 - no public way


def _without_function(freezer: Freezer, schema: dict[str, Any]) -> Any:
    """The frozen schema of a call, whose function is put in where it is thawed."""
    if schema["type"] == "call":
        rest = {name: one for name, one in schema.items() if name != "function"}
        return freezer.frozen(rest)
    inner = {name: one for name, one in schema["schema"].items() if name != "function"}
    return freezer.frozen({**schema, "schema": inner})


def _functions_in(schema: Any) -> Iterator[FunctionType]:
    """The functions that Pydantic calls: validators, default factories, serializers."""
    kind = type(schema)
    if kind in {dict, list, tuple}:
        for one in schema.values() if kind is dict else schema:
            yield from _functions_in(one)
    elif kind is partial:
        yield from _functions_in([schema.func, schema.args, schema.keywords])
    elif kind is MethodType:
        yield from _functions_in(schema.__func__)
    elif kind is FunctionType:
        yield schema
    elif isinstance(schema, type):
        for one in schema.__mro__:
            for name in MADE_BY:
                if type(made := vars(one).get(name)) is FunctionType:
                    yield made


def _returned(tool: Any) -> Any:
    """The schema of the return type; None where FastMCP writes whatever there is."""
    from fastmcp.utilities.types import get_cached_typeadapter
    from pydantic import PydanticSchemaGenerationError

    annotation = tool.return_type
    # As `fastmcp.tools.base._serialize_to_jsonable` does it.
    says_nothing = annotation in (inspect.Signature.empty, None, Any, ...)
    if says_nothing or isinstance(annotation, str):
        return None
    try:
        adapter = get_cached_typeadapter(annotation)
        schema = _schema(adapter)
    except PydanticSchemaGenerationError:
        return None
    return schema
