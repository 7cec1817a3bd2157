"""Which stack a command is about: that of an author's server, or of this checkout."""

from __future__ import annotations

from pathlib import Path

from mesh.settings.location import Location, holds_server, locate
from mesh.stack.stack import ROOT, Stack


def current(given: str | None = None) -> Stack:
    """The stack that a command means.

    Args:
        given: A server's file or folder; None for the current folder where that has a server or
            a stack, else for this checkout.

    Raises:
        CommandFailedError: there is no such file or folder.
    """
    folder = Path.cwd()
    if given is None and not holds_server(folder):
        return _stack(folder) if Stack(folder).folder.is_dir() else Stack()
    return stack_of(locate(given))


def server_here(given: str | None = None) -> Location | None:
    """Where the author's server is that a command means; None for this checkout's own.

    Args:
        given: A server's file or folder; None for the current folder.

    Raises:
        CommandFailedError: there is no such file or folder.
    """
    folder = Path.cwd()
    if given is None and folder.is_relative_to(ROOT) and not holds_server(folder):
        return None
    found = locate(given)
    return None if found.root == ROOT else found


def stack_of(location: Location) -> Stack:
    """The stack of a server: its state in the project's folder, Terraform's root from here."""
    return _stack(location.folder)


def _stack(root: Path) -> Stack:
    return Stack() if root == ROOT else Stack(root, ROOT / "terraform")
