"""Which server and which stack a command is about."""

from __future__ import annotations

from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.installation import CHECKOUT, TERRAFORM
from mesh.settings.call import Call
from mesh.settings.location import Location, holds_server, locate
from mesh.settings.settings import settings
from mesh.stack.stack import Stack


def current_stack(given: str | None = None) -> Stack:
    """The stack that a command means.

    Args:
        given: A server's file or folder; None for the current folder where that has a server or
            a stack, else for the checkout that Mesh runs from.

    Raises:
        CommandFailedError: there is no such file or folder.
    """
    folder = Path.cwd()
    if given is None and not holds_server(folder):
        if Stack(folder).folder.is_dir() or CHECKOUT is None:
            return stack_in(folder)
        return stack_in(CHECKOUT)
    return stack_of(locate(given))


def server_of(given: str | None = None) -> Location:
    """Where the server is that a command means.

    Args:
        given: A server's file or folder; None for the current folder, or for the checkout that
            Mesh runs from where that is anywhere in it.

    Raises:
        CommandFailedError: there is no such file or folder.
    """
    folder = Path.cwd()
    if given is None and CHECKOUT and folder.is_relative_to(CHECKOUT) and not holds_server(folder):
        return locate(CHECKOUT)
    return locate(given)


def running_here() -> tuple[str, dict[str, str], Path]:
    """The address of the server that runs for this folder, its variables, and their file.

    The variables are those of `local.env`: the API key, and credentials of local AWS.

    Raises:
        CommandFailedError: none runs.
    """
    here = current_stack()
    variables = here.read_environment()
    if not variables.get("MESH_URL"):
        raise CommandFailedError("no server of this folder runs: name a URL, or run `mesh up`.")
    return variables["MESH_URL"], variables, here.environment_file


def configured_call(given: str | None = None) -> Call | None:
    """The call in the settings of a server; None where there is none.

    Args:
        given: As for `server_of`.
    """
    try:
        return settings(server_of(given)).smoke
    except CommandFailedError:  # a folder without a server
        return None


def stack_of(location: Location) -> Stack:
    """The stack of a server: its state in the project's folder, Terraform's root from Mesh."""
    return stack_in(location.folder)


def stack_in(folder: Path) -> Stack:
    """The stack whose state is in a folder."""
    return Stack(folder, TERRAFORM)
