"""A tool that FastMCP calls, unless the fast path has called it for the same request already."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from enum import Enum
from operator import attrgetter
from typing import Any, Self

from fastmcp.decorators import get_fastmcp_meta
from fastmcp.exceptions import ToolError
from fastmcp.tools import ToolResult
from fastmcp.tools.function_tool import FunctionTool

from mcp_app import begun_call
from mcp_app.exits import contained_exits

PACKAGE, LEAN = "mcp_app.", "mcp_app_lean."
LEAN_TOOL_ERROR = f"{LEAN}fast_path.stand_ins.exceptions"


class ToolBegunOnce(FunctionTool):
    """A tool made from a function; make it with `of`."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """The tool that `@tool` says this function is."""
        made = cls.from_function(function, metadata=get_fastmcp_meta(function))
        assert isinstance(made, cls)  # noqa: S101 - from_function makes its own class
        return made

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """What the function gives, or gave.

        Raises:
            Exception: whatever it raises, or raised.
        """
        outcome = begun_call.take(self.name)
        if outcome is None:
            with contained_exits():
                return await super().run(arguments)
        try:
            value = outcome()
        except Exception as error:
            if type(error).__module__ == LEAN_TOOL_ERROR:
                level = getattr(error, "log_level")  # noqa: B009 - the stand-in's, unknown here
                raise ToolError(str(error), log_level=level) from error
            raise
        return self.convert_result(ordinary(value))


def ordinary(value: Any) -> Any:
    """A value of the fast path's classes as the one of this package's that it would have been.

    Pydantic writes a dataclass by the annotations of its class; those of the fast path have none.
    """
    kind = type(value)
    if kind is dict:
        return {ordinary(name): ordinary(one) for name, one in value.items()}
    if kind in {list, tuple, set, frozenset}:
        return kind(map(ordinary, value))
    if not kind.__module__.startswith(LEAN):
        return value
    module = importlib.import_module(kind.__module__.replace(LEAN, PACKAGE, 1))
    same = attrgetter(kind.__qualname__)(module)
    if issubclass(same, Enum):
        return same[value.name]
    made = object.__new__(same)
    names = {*getattr(value, "__dataclass_fields__", ()), *getattr(value, "__dict__", ())}
    for name in names:
        # Frozen or not.
        object.__setattr__(made, name, ordinary(getattr(value, name)))
    return made
