"""`mesh build` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mesh.stack.lookup import server_of, stack_of


@click.command("build", short_help="Build a server's zip for AWS Lambda.")
@click.option(
    "--environment",
    metavar="NAME",
    help="Build for this environment: its processor, and its environment_variables.",
)
@click.option(
    "--architecture",
    type=click.Choice(("arm64", "x86_64", "host")),
    help="Lambda's processor, host for this machine's; else the environment's, or arm64.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="ZIP",
    help="Where to write; .mesh/dist/mesh-ARCHITECTURE.zip in the server's folder else.",
)
@click.option(
    "--container", is_flag=True, help="Write Dockerfiles beside the zip, and say how to use them."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.argument("server", required=False)
def command(
    *,
    environment: str | None,
    architecture: str | None,
    output: Path | None,
    container: bool,
    as_json: bool,
    server: str | None,
) -> None:
    """Build the zip that runs on AWS Lambda.

    SERVER is a server's file or folder, as for `mesh up`. The same commit gives the
    same bytes on any machine. A server that reads variables while it is imported
    gets those of --environment, from NAME.tfvars.
    """
    from mesh import build, settings
    from mesh.build import report
    from mesh.build.container import write_dockerfiles
    from mesh.stack.environments import architecture_of
    from mesh.stack.values import environment_variables

    location = server_of(server)
    stack = stack_of(location)
    variables = {}
    if environment:
        architecture = architecture or architecture_of(stack, environment)
        variables = environment_variables(stack, environment)
    aim = build.target(architecture or "arm64", "3.13")
    own = settings.settings(location)
    made = settings.project(own, aim, variables)
    output = output or stack.zip_of(aim.architecture)
    result = build.build(made, aim.architecture, output=output)
    commands = ""
    if container:
        commands = write_dockerfiles(output, aim.architecture, own.name)
    if as_json:
        click.echo(json.dumps(report.as_json(result), indent=2))
    else:
        click.echo(report.as_text(result))
        if commands:
            click.echo(f"\n{commands}")
