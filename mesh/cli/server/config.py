"""`mesh config` on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh.stack.lookup import server_of, stack_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesh.settings import Location


@click.command("config", short_help="Print a server's settings and where each comes from.")
@click.argument("server", required=False)
def command(*, server: str | None) -> None:
    """Print the effective settings of a server, and where each comes from.

    SERVER is a server's file or folder, as for `mesh up`. Values of variables in the
    shell are not printed, because one may be secret.
    """
    rows = [*_rows(server_of(server))]
    rows += [
        (name, "(not shown)", "the shell")
        for name in sorted(os.environ)
        if name.startswith("TF_VAR_") and name != "TF_VAR_name"
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    here = f"{Path.cwd()}{os.sep}"
    for name, value, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin.removeprefix(here)}")


def _rows(location: Location) -> Iterator[tuple[str, str, str]]:
    from mesh import packages, settings
    from mesh.settings.variables import refuse_unknown

    found = settings.settings(location)
    stack = stack_of(location)
    refuse_unknown(os.environ, stack.terraform_root)
    origins = found.origins
    yield "server", found.server, origins["server"]
    yield "name", found.name, origins["name"]
    if found.lock:
        yield "lock", found.lock, origins["lock"]
    else:
        declared = packages.declared(found.folder, found.file, found.requirements)
        yield "requirements", declared.source, origins["requirements"]
    yield "include", ", ".join(found.include) or "all files", origins["include"]
    call = found.smoke
    text = f"{call.tool} {json.dumps(dict(call.arguments))}" if call else "none"
    yield "smoke", text, origins["smoke"]
    for name in ("build", "tools", "catalogues"):
        if value := getattr(found, name):
            yield name, value, origins[name]
    if found.shrink_packages:
        yield "shrink_packages", "true", origins["shrink_packages"]
    yield "folder", str(found.root), "the server"
    yield "state", str(stack.mesh), "the folder"
