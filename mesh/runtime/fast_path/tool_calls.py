"""Calls a tool's function without FastMCP, with Pydantic's own validators and serializers."""

from __future__ import annotations

import logging
import marshal
from functools import partial

from mesh.runtime.fast_path.messages import LeftToFastMcpError
from mesh.runtime.fast_path.results import (
    NotWrittenError,
    OwnWayError,
    Results,
    failed,
    logger,
    said,
)
from mesh.runtime.fast_path.schemas import pydantic_core, thawed
from mesh.runtime.request.argument_limits import holds_too_much
from mesh.runtime.server import call_outcome
from mesh.runtime.server.argument_errors import message, renamed

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Never

    from mesh.runtime.access.caller import Caller
    from mesh.runtime.deferral.imports import Deferral
    from mesh.runtime.fast_path.catalogue import Catalogue
    from mesh.runtime.fast_path.execution import Execution

own_logger = logging.getLogger("mesh.fast_path")


class Tool:
    """A tool, ready to be called.

    Attributes:
        name: What its own server calls it; a server that mounts that may put something before.
        names: Those of its parameters.
        in_thread: Whether it runs in a worker thread.
    """

    def __init__(self, frozen: Mapping[str, Any], function: Any, deferral: Deferral) -> None:
        core = pydantic_core()
        if frozen["pydantic"]:
            deferral.need("pydantic")
        if frozen["anyio"]:
            import anyio  # noqa: F401 - before the thread that it will look for
        arguments = thawed(frozen["arguments"], function, deferral)
        returns = frozen["returns"]
        self._function = function
        # Gives the arguments back, so that validation and the call stay apart.
        # Errors name the function.
        own = {"function": _arguments_of, "function_name": function.__name__}
        self._validator = core.SchemaValidator(
            {**arguments, **own}
            if arguments["type"] == "call"
            else {**arguments, "schema": {**arguments["schema"], **own}},
            frozen["config"],
        )
        self._invalid = core.ValidationError
        self._results = Results(
            core,
            returns and thawed(returns, function, deferral),
            structured=frozen["structured"],
            wrapped=frozen["wrapped"],
        )
        self.name: str = frozen["name"]
        self.names = frozenset(frozen["names"])
        self.in_thread: bool = frozen["in_thread"]
        self.written = self._results.written

    def call(self, arguments: dict[str, Any], state: State) -> Any:
        """What the function gives, or a coroutine that does.

        Raises:
            Exception: whatever it, or a validator, raises.
        """
        try:
            given, named = self._validator.validate_python(arguments)
        except self._invalid as error:
            state.invalid = error
            raise
        return self._function(*given, **named)


class State:
    """What became of a call's arguments.

    Attributes:
        invalid: Pydantic's error, where they do not fit.
    """

    __slots__ = ("invalid",)

    def __init__(self) -> None:
        self.invalid: Any = None


class ToolCalls:
    """The tools whose functions are available without FastMCP.

    Args:
        catalogue: The authors' modules.
        tools: By name, what the build froze of a call, marshalled; None for those that FastMCP
            calls.
        execution: Runs them.
        explains: Whether the server says in Mesh's words what does not fit, and hides what errors
            say; else FastMCP writes all errors.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        tools: dict[str, bytes | None],
        execution: Execution,
        *,
        explains: bool,
    ) -> None:
        self._catalogue = catalogue
        self._frozen = tools
        self._execution = execution
        self._explains = explains
        self._tools: dict[str, Tool] = {}
        self._ended: call_outcome.Outcome | None = None

    def known(self, name: Any) -> bool:
        """Whether there is such a tool, here or behind FastMCP."""
        return type(name) is str and name in self._frozen

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
            LeftToFastMcpError: FastMCP has to answer. It calls the tool, unless that was called
                here: then it writes what `leave` left of it.
        """
        marshalled = self._frozen[name]
        if marshalled is None:
            raise LeftToFastMcpError("tool")
        if type(given) is not dict or holds_too_much(given):
            raise LeftToFastMcpError("arguments")
        tool = self._tools.get(name)
        if tool is None:
            tool = self._tools[name] = self._made(name, marshalled)
        if meta is not None:
            self._catalogue.check_server()
        arguments = renamed(given, tool.names) if self._explains else given
        state = State()
        try:
            call = partial(tool.call, arguments, state)
            value = self._execution.run(call, caller, in_thread=tool.in_thread)
        except BaseException as error:  # noqa: BLE001 - FastMCP, too, answers whatever is raised
            # What a coroutine raised was looked at in its task.
            is_fit = isinstance(error, Exception) or not tool.in_thread
            failure = error if is_fit else _contained(error)
            invalid = error if state.invalid is error else None
            self._ended = call_outcome.Outcome(tool.name, partial(_raise, failure), invalid)
            if not self._explains or not isinstance(failure, Exception):
                # The function was not called where its arguments are invalid.
                raise LeftToFastMcpError("arguments" if invalid else "result") from None
            return self._failed(name, failure, state, tool, meta), False
        self._ended = call_outcome.Outcome(tool.name, lambda: value)
        try:
            return tool.written(value, meta, pythons=pythons), True
        except NotWrittenError as left:
            self._ended.value, self._ended.serialized = value, left.serialized
            raise LeftToFastMcpError("result") from None

    def leave(self) -> None:
        """Leave how the last call ended, if one was made, to FastMCP, which has to answer it."""
        if self._ended is not None:
            call_outcome.leave(self._ended)

    def forget(self) -> None:
        """The request is answered here, or left."""
        self._ended = None

    def _made(self, name: str, marshalled: bytes) -> Tool:
        frozen = marshal.loads(marshalled)  # noqa: S302 - the build's
        function = self._catalogue.function(name)
        try:
            return Tool(frozen, function, self._catalogue.deferral)
        except Exception:
            own_logger.exception("the tool %s cannot be called without FastMCP", name)
            raise LeftToFastMcpError("error") from None

    def _failed(
        self, name: str, error: Exception, state: State, tool: Tool, meta: str | None
    ) -> str:
        try:
            if state.invalid is error:
                return failed(_invalid(name, error, tool), meta)
            return failed(said(name, error), meta)
        except (NotWrittenError, OwnWayError):
            raise LeftToFastMcpError("result") from None


def _arguments_of(*given: Any, **named: Any) -> tuple[Any, Any]:
    return given, named


def _contained(error: BaseException) -> BaseException:
    """As it reaches FastMCP, which answers some of these itself."""
    from mesh.runtime.server.exits import contained_exits  # hardly ever

    try:
        with contained_exits():
            _raise(error)
    except BaseException as reaches:  # noqa: BLE001 - it is handed on
        return reaches


def _raise(error: BaseException) -> Never:
    raise error


def _invalid(name: str, error: Any, tool: Tool) -> str:
    """What is wrong with the arguments, after the line that FastMCP logs."""
    told = error.errors(include_url=False, include_context=False, include_input=False)
    from typing import get_args  # the errors have imported both

    from pydantic_core.core_schema import ErrorType

    known = frozenset(get_args(ErrorType))
    kinds = {one["type"] if one["type"] in known else "custom_error" for one in told}
    summary = {"error_count": error.error_count(), "error_types": sorted(kinds)}
    logger.warning("Invalid arguments for tool %r: %s", name, summary)
    return message(name, error.errors(include_url=False), tool.names)
