"""`mesh down` on the command line."""

from __future__ import annotations

import click

from mesh import progress
from mesh.stack.lookup import current_stack


@click.command("down", short_help="Destroy and stop everything on this machine.")
@click.option(
    "--keep-state",
    is_flag=True,
    help="Only stop: the next `mesh up` has the same URL, key and data.",
)
@click.argument("server", required=False)
def command(*, keep_state: bool, server: str | None) -> None:
    """Destroy what `mesh up` made, stop local AWS and what runs beside it.

    No process, no port, and no file outside .mesh/cache and dist is left. Works
    too when local AWS has died. Running it again does nothing.

    SERVER is a server's file or folder, as for `mesh up`.
    """
    from mesh.local import down

    steps = progress.Steps(2 if keep_state else down.STEPS)
    if not down.down(current_stack(server), keep_state=keep_state, steps=steps):
        click.echo("nothing is running")
