"""The deployment that the tools run in: its settings and its sources.

Tools are plain functions that FastMCP calls; this is where they find what they work with.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcp_app.settings import Settings
from mcp_app.sources import Sources


@dataclass(frozen=True)
class Deployment:
    """What a tool may need to know."""

    settings: Settings
    sources: Sources


_current: Deployment | None = None


def set_current(deployment: Deployment) -> None:
    """Name the deployment of this process; once, before the first call."""
    global _current  # noqa: PLW0603 - one server a process, as Lambda runs it
    _current = deployment


def current() -> Deployment:
    """The deployment of this process.

    Raises:
        LookupError: a tool was called before the server was built.
    """
    if _current is None:
        raise LookupError("no deployment: tools run in a server made by build_server()")
    return _current
