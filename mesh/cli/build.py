"""`mesh build` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mesh.stack.current import server_of, stack_of


@click.command("build", short_help="Build a server's zip for AWS Lambda.")
@click.option(
    "--architecture",
    type=click.Choice(("arm64", "x86_64", "host")),
    default="arm64",
    show_default=True,
    help="Lambda's processor; host is this machine's.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ZIP",
    help="Where to write; .mesh/dist/mesh-ARCHITECTURE.zip in the server's folder else.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.argument("server", required=False)
def command(*, architecture: str, output: Path | None, as_json: bool, server: str | None) -> None:
    """Build the zip that runs on AWS Lambda.

    SERVER is a server's file or folder, as for `mesh up`. The same commit gives the
    same bytes on any machine.
    """
    from mesh import build, settings  # noqa: PLC0415 - see `mesh.cli`
    from mesh.build import report  # noqa: PLC0415 - see `mesh.cli`

    location = server_of(server)
    aim = build.target(architecture, "3.13")
    made = settings.project(settings.settings(location), aim)
    output = output or stack_of(location).zip_of(aim.architecture)
    result = build.build(made, aim.architecture, output=output)
    if as_json:
        click.echo(json.dumps(report.as_json(result), indent=2))
    else:
        click.echo(report.as_text(result))
