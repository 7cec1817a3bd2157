"""A tool that FastMCP calls, unless the fast path has called it for the same request already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from fastmcp.decorators import get_fastmcp_meta
from fastmcp.tools.function_tool import FunctionTool

from mesh.runtime.server import finished_call
from mesh.runtime.server.exits import contained_exits


class AuthorTool(FunctionTool):
    """A tool made from a function; make it with `of`."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """The tool that `@tool` says this function is."""
        made = cls.from_function(function, metadata=get_fastmcp_meta(function))
        assert isinstance(made, cls)  # noqa: S101 - from_function makes its own class
        return made

    async def _run_body(self, *given: Any, **named: Any) -> Any:
        """What the function gives, or gave.

        Raises:
            Exception: whatever it raises, or raised.
        """
        outcome = finished_call.take(self.name)
        if outcome is None:
            with contained_exits():
                return await super()._run_body(*given, **named)
        return outcome()
