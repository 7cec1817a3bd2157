"""`mesh config` on the command line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from mesh.stack.current import server_here, stack_of
from mesh.stack.stack import Stack

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
    location = server_here(server)
    rows = [*(_of_author(location) if location else _of_checkout())]
    rows += [
        (name, "(not shown)", "the shell")
        for name in sorted(os.environ)
        if name.startswith("TF_VAR_") and name != "TF_VAR_name"
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for name, value, origin in rows:
        click.echo(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}")


def _of_author(location: Location) -> Iterator[tuple[str, str, str]]:
    from mesh import packages, settings  # noqa: PLC0415 - see `mesh.cli`
    from mesh.settings.variables import refuse_unknown  # noqa: PLC0415 - see `mesh.cli`

    found = settings.settings(location)
    stack = stack_of(location)
    refuse_unknown(os.environ, stack.terraform_root)
    declared = packages.declared(found.folder, found.file, found.requirements)
    origins = found.origins
    yield "server", found.server, origins["server"]
    yield "name", found.name, origins["name"]
    yield "requirements", declared.source, origins["requirements"]
    yield "include", ", ".join(found.include) or "all files", origins["include"]
    call = found.smoke
    text = f"{call.tool} {json.dumps(dict(call.arguments))}" if call else "none"
    yield "smoke", text, origins["smoke"]
    yield "folder", str(found.root), "where the server is"
    yield "state", str(stack.mesh), "the folder"


def _of_checkout() -> Iterator[tuple[str, str, str]]:
    from mesh.build.project import aoma  # noqa: PLC0415 - see `mesh.cli`
    from mesh.settings.variables import refuse_unknown  # noqa: PLC0415 - see `mesh.cli`

    found, stack = aoma(), Stack()
    refuse_unknown(os.environ, stack.terraform_root)
    given = os.environ.get("TF_VAR_name")  # noqa: SIM112 - Terraform wants it so
    yield "server", found.server, "this checkout"
    yield "name", given or found.name, "TF_VAR_name" if given else "this checkout"
    yield "requirements", str(found.requirements.relative_to(found.root)), "this checkout"
    yield "include", ", ".join(found.include), "this checkout"
    yield "folder", str(found.root), "this checkout"
    yield "state", str(stack.mesh), "the folder"
