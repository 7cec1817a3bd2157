"""The deployment that the tools run in: its settings and its backend.

Tools are plain functions that FastMCP calls; this is where they find what they work with.
"""

from __future__ import annotations

from dataclasses import dataclass

from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import Backend
from mcp_app.settings import Settings


@dataclass(frozen=True)
class Deployment:
    """What a tool may need to know."""

    settings: Settings
    backend: Backend

    def deadline(self) -> Deadline:
        """The deadline of a call that begins now."""
        return Deadline.after(self.settings.deadline_seconds)


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
