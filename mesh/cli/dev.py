"""`mesh dev` on the command line."""

from __future__ import annotations

import time
from typing import Any

import click

from mesh import progress
from mesh.cli.up import print_up, services_of
from mesh.local.extension import extensions
from mesh.stack.current import server_of, stack_of


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
    from mesh import build, settings  # noqa: PLC0415 - see `mesh.cli`
    from mesh.local import up  # noqa: PLC0415
    from mesh.local.dev import Dev  # noqa: PLC0415

    location = server_of(server)
    stack = stack_of(location)
    is_first = True
    while True:
        found = settings.settings(location)
        services = services_of(context, found.server, options)
        aim = build.target("host", "3.13")
        dev = Dev(stack, found, settings.project(found, aim), aim.architecture)
        # A save while this is built and deployed is the first one to put live.
        seen = dev.look()
        result = up.up(stack, found, services, progress.Steps(up.STEPS + services.steps))
        if is_first:
            print_up(result, "mesh")
        is_first = False
        click.echo(f"\nEach save is live at {result.mcp_url}; Ctrl-C ends this.")
        for saved in dev.saves(seen):
            clock = time.strftime("%H:%M:%S")
            files = ", ".join(saved.files[:3]) + (", ..." if len(saved.files) > 3 else "")  # noqa: PLR2004
            if saved.is_setting:
                click.echo(f"{clock} {files} changed: up again")
            elif saved.problem is None:
                click.echo(f"{clock} live after {saved.seconds:.1f} s: {files}")
            else:
                click.echo(f"{clock} not live, the version before it is: {files}\n{saved.problem}")


command.params += [option for one in extensions() for option in one.options]
