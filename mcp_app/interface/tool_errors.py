"""What a tool's caller is told when a search cannot be made."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from fastmcp.exceptions import ToolError

from mcp_app.knowledge.errors import (
    NoSourceAnsweredError,
    SearchTimeoutError,
    SourceUnavailableError,
)


@contextmanager
def searching() -> Generator[None]:
    """Turns a source that is down and an argument that does not fit into a tool error.

    Their messages are written for callers. Anything else stays masked: it may quote
    internals.
    """
    try:
        yield
    except (
        NoSourceAnsweredError,
        SourceUnavailableError,
        SearchTimeoutError,
        ValueError,
    ) as error:
        raise ToolError(str(error)) from error
