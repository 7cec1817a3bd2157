"""The deployment that the tools run in: its settings and its backend.

Tools are plain functions; this is where they find what they work with, whichever way calls them.
"""

from __future__ import annotations

from mcp_app.deadline import Deadline
from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from mcp_app.knowledge.backend import Backend
    from mcp_app.settings import Settings


class Deployment(Record):
    """What a tool may need to know."""

    settings: Settings
    backend: Backend

    def deadline(self) -> Deadline:
        """The deadline of a call that begins now."""
        return Deadline.after(self.settings.deadline_seconds)


_current: Deployment | None = None
_settings: Settings | None = None


def set_current(deployment: Deployment) -> None:
    """Name the deployment of this process; once, before the first call."""
    global _current  # noqa: PLW0603 - one server a process, as Lambda runs it
    _current = deployment


def begin(settings: Settings) -> None:
    """Say what this process is a deployment of; the backend is made when a tool asks for it."""
    global _settings, _current
    if settings != _settings:
        _settings, _current = settings, None


def current_deployment() -> Deployment:
    """The deployment of this process.

    Raises:
        LookupError: a tool was called before the server was built.
    """
    if _current is None:
        if _settings is None:
            # The fast path calls a tool, and no server has been made.
            from mcp_app.settings import load  # not before it is needed

            begin(load())
            return current_deployment()
        set_current(Deployment(_settings, backend_of(_settings)))
        return current_deployment()
    return _current


def made(settings: Settings) -> Backend | None:
    """The backend that tools have used already, with its connections; None for none."""
    if _current is None or settings != _settings:
        return None
    return _current.backend


def backend_of(settings: Settings) -> Backend:
    """Where this deployment's knowledge comes from: what the settings say, and nothing else."""
    if settings.supabase is None:
        from mcp_app.knowledge.embedded.backend import (  # at the first need
            EmbeddedBackend,
        )

        return EmbeddedBackend(settings.index)
    from mesh.runtime.garbage import imported  # only here

    backend: Backend = imported("mcp_app.knowledge.supabase.backend").SupabaseBackend(
        settings.supabase
    )
    return backend
