"""Calls a tool's function, and writes its result as FastMCP does."""

from __future__ import annotations

import importlib
import marshal
from collections.abc import Callable
from functools import partial
from typing import Any

from mcp_app.caller import Caller, calling
from mcp_app.exits import contained
from mcp_app.fast_path.arguments import plain
from mcp_app.fast_path.failures import is_left, said
from mcp_app.fast_path.json_text import text, texts
from mcp_app.fast_path.left import LeftToFastMcpError
from mcp_app.fast_path.replies import dumps
from mcp_app.tool_access import holds_too_much

type Run = Callable[[Callable[..., Any], dict[str, Any], Caller], Any]


class ToolCalls:
    """The tools whose functions can be had without FastMCP.

    Args:
        tools: By name, what `ops.bundle.frozen` wrote down of a call, marshalled; None for those
            that FastMCP calls.
        prepare: Called before a tool is imported, to make what it works with, with whether it
            `asks` a backend and whether it `waits`; gives what runs a function with its
            arguments, for a caller.
    """

    def __init__(self, tools: dict[str, bytes | None], prepare: Callable[..., Run]) -> None:
        self._tools = tools
        self._prepare = prepare
        self._calls: dict[str, Any] = {}
        self._ended: tuple[str, Callable[[], Any]] | None = None
        self._functions: dict[str, tuple[Run, Callable[..., Any]]] = {}

    def known(self, name: Any) -> bool:
        """Whether there is such a tool, here or behind FastMCP."""
        return type(name) is str and name in self._tools

    def result(
        self, name: str, given: Any, caller: Caller, *, meta: str | None, pythons: bool
    ) -> tuple[str, bool]:
        """The `result` of a call, in JSON, and whether the tool did not fail.

        Args:
            name: The tool's.
            given: What the caller sent as arguments.
            caller: Whose call it is.
            meta: What the protocol's era adds to a result, in JSON; None for nothing.
            pythons: Whether Python writes numbers there, and not Pydantic.

        Raises:
            Exception: FastMCP has to answer. It calls the tool, unless that was called here:
                then it writes what `leave` left of it.
        """
        marshalled = self._tools[name]
        if marshalled is None or (caller.tools is not None and name not in caller.tools):
            raise LeftToFastMcpError
        call = self._calls.get(name)
        if call is None:
            call = self._calls[name] = marshal.loads(marshalled)  # noqa: S302 - the build's
        if holds_too_much(given):
            raise LeftToFastMcpError
        arguments = plain(given, call["checks"])
        if name not in self._functions:
            run = self._prepare(asks=call["asks"], waits=call["waits"])
            function = getattr(importlib.import_module(call["module"]), call["function"])
            self._functions[name] = run, function
        run, function = self._functions[name]
        try:
            with calling(caller):
                value = run(function, arguments, caller)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - FastMCP, too, answers whatever is raised
            if is_left(error):
                raise LeftToFastMcpError from None
            failure = error if isinstance(error, Exception) else contained(error)
            self._ended = name, partial(_raise, failure)
            return _failed(said(name, failure), meta), False
        self._ended = name, lambda: value
        return _succeeded(value, meta, call, pythons=pythons), True

    def leave(self) -> None:
        """Leave how the last call ended, if one was begun, to FastMCP, which has to answer it."""
        if self._ended is not None:
            from mcp_app import begun_call  # noqa: PLC0415 - hardly ever

            begun_call.leave(*self._ended)

    def forget(self) -> None:
        """The request is answered here, or left."""
        self._ended = None


def _raise(error: Exception) -> None:
    raise error


def _failed(message: str, meta: str | None) -> str:
    block = f'{{"text":{text(message)},"type":"text"}}'
    era = "" if meta is None else f',"resultType":"complete","_meta":{{{meta}}}'
    return f'{{"content":[{block}],"isError":true{era}}}'


def _succeeded(value: Any, meta: str | None, call: dict[str, Any], *, pythons: bool) -> str:
    pydantics, structured = texts(value)
    # FastMCP gives text as it is, and nothing for None and an empty list.
    shown = value if isinstance(value, str) else pydantics
    if not pythons:
        structured = pydantics
    block = "" if structured in {"null", "[]"} else f'{{"text":{dumps(shown)},"type":"text"}}'
    parts = [f'"content":[{block}]', '"isError":false']
    own_meta = ""
    if call["wrapped"]:
        structured = f'{{"result":{structured}}}'
        own_meta = '"fastmcp":{"wrap_result":true}'
    if meta is not None:
        parts.append('"resultType":"complete"')
    if call["structured"] or structured[0] == "{":
        parts.append(f'"structuredContent":{structured}')
    metas = ",".join(one for one in (own_meta, meta) if one)
    if metas:
        # The era's is put at the end, or into the tool's own, which stands first.
        parts.insert(0 if own_meta else len(parts), f'"_meta":{{{metas}}}')
    return f"{{{','.join(parts)}}}"


def run_at_once(function: Callable[..., Any], arguments: dict[str, Any], _caller: Caller) -> Any:
    """What a function gives that never has to wait."""
    return finished(function(**arguments))


def finished(made: Any) -> Any:
    """The result of a function; of a coroutine, if it never has to wait."""
    if not hasattr(made, "send"):
        return made
    try:
        made.send(None)
    except StopIteration as end:
        return end.value
    made.close()
    raise LeftToFastMcpError
