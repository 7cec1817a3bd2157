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
    found = server_here(given)
    if found is not None:
        return stack_of(found)
    folder = Path.cwd()
    return _stack(folder) if Stack(folder).folder.is_dir() else Stack()


def server_here(given: str | None = None) -> Location | None:
    """Where the author's server is that a command means; None for this checkout's own.

    Args:
        given: As for `current`.

    Raises:
        CommandFailedError: there is no such file or folder.
    """
    if given is None and not holds_server(Path.cwd()):
        return None
    found = locate(given)
    return None if found.root == ROOT else found


def stack_of(location: Location) -> Stack:
    """The stack of an author's server: its state in the folder, Terraform's root from here."""
    return _stack(location.root)


def _stack(root: Path) -> Stack:
    return Stack() if root == ROOT else Stack(root, ROOT / "terraform")
