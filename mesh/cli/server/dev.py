"""`mesh dev` on the command line."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from mesh import progress
from mesh.cli.server.up import print_up, services_of
from mesh.failure import CommandFailedError
from mesh.local.extension import extensions
from mesh.stack.lookup import server_of, stack_of

if TYPE_CHECKING:
    from mesh.local.dev import Saved

# Of many files that were saved at once.
SHOWN = 3


@click.command("dev", short_help="Like up, and each save is live within seconds.")
@click.argument("server", required=False)
@click.pass_context
def command(context: click.Context, /, *, server: str | None, **options: Any) -> None:
    """Bring a server up on this machine, and put each save live.

    SERVER is a server's file or folder, as for `mesh up`. The address, the key and the
    checks of callers are those of `mesh up`. A save that does not start is reported, and
    what was live before stays. A change of settings, packages or values runs `mesh up`
    again.

    Until the next `mesh up`, FastMCP gives all answers. Ctrl-C ends this command; the
    server keeps running.
    """
    from mesh import build, settings
    from mesh.local import up
    from mesh.local.dev import Dev
    from mesh.stack.stack import ENVIRONMENT
    from mesh.stack.values import environment_variables

    location = server_of(server)
    stack = stack_of(location)
    aim = build.target("host", "3.13")
    dev: Dev | None = None
    while True:
        try:
            found = settings.settings(location)
            services = services_of(context, found.server, options)
            variables = environment_variables(stack, ENVIRONMENT)
            made = services.project(settings.project(found, aim, variables))
            # Before it is built and deployed: a save meanwhile is the first one to put live.
            fresh = Dev(stack, found, made, aim.architecture)
            result = up.up(stack, found, services, progress.Steps(up.STEPS + services.steps))
        except CommandFailedError as error:
            if dev is None:
                raise
            click.echo(f"{error}\nWhat was live before still is. Waiting for the next save.")
            dev.wait()
            continue
        if dev is None:
            print_up(result)
        dev = fresh
        click.echo(f"\nEach save is live at {result.mcp_url}; Ctrl-C ends this.")
        for saved in dev.saves():
            click.echo(_line(saved))


def _line(saved: Saved) -> str:
    """What became of a save, for a person."""
    clock = time.strftime("%H:%M:%S")
    files = ", ".join([*saved.files[:SHOWN], *(["..."] if saved.files[SHOWN:] else [])])
    if saved.is_whole:
        return f"{clock} {files} changed: up again"
    if saved.problem is None:
        return f"{clock} live after {saved.seconds:.1f} s: {files}"
    return f"{clock} not live, the version before it is: {files}\n{saved.problem}"


command.params += [option for one in extensions() for option in one.options]
