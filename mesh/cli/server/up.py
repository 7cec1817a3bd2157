"""`mesh up` on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mesh import progress
from mesh.local.extension import extension_of, extensions
from mesh.smoke import snippets
from mesh.stack.lookup import server_of, stack_of

if TYPE_CHECKING:
    from mesh.local.extension import Services
    from mesh.local.up import Up
    from mesh.runtime.clients import Way


def print_up(result: Up) -> None:
    """Print where the server is and how to reach it."""
    bold = progress.paint(result.function_url, "bold", sys.stdout)
    notes = "".join(f"{progress.wrapped(note, '')}\n\n" for note in result.notes)
    key = result.api_key or "none is taken"
    way: Way = "api_key" if result.api_key else "oauth" if result.issuer else "iam"
    if result.issuer:
        key += f"; access tokens of {result.issuer} are"
    click.echo(
        f"\nRunning after {result.seconds:.1f} s, version {result.live_version} is live.\n\n"
        f"  Function URL  {bold}\n"
        f"  MCP           {result.mcp_url}\n"
        f"  candidate     {result.candidate_url} (SigV4 only)\n"
        f"  API key       {key}\n\n{notes}"
        f"{snippets.all_of_them(result.mcp_url, result.api_key, result.call, result.name, way)}\n\n"
        f"Every client, ready to copy: open {result.function_url} in a browser."
    )


@click.command("up", short_help="Build, deploy to AWS on this machine, test, print the URL.")
@click.argument("server", required=False)
@click.pass_context
def command(context: click.Context, /, *, server: str | None, **options: Any) -> None:
    """Bring a server up on this machine, or up to date after an edit.

    SERVER is a .py file that makes a FastMCP server, or its folder. Without it, the
    server of the current folder.

    Builds the zip, starts local AWS, applies the Terraform root that production
    uses, makes an API key if there is none, tests the Function URL, and prints it
    with a curl line and client snippets. Everything stays running.

    The address and the key stay the same from one run to the next. They are in
    .mesh/local.env of the server's folder: set -a; . .mesh/local.env; set +a
    """
    from mesh import settings
    from mesh.local import up

    location = server_of(server)
    found = settings.settings(location)
    services = services_of(context, found.server, options)
    stack = stack_of(location)
    result = up.up(stack, found, services, progress.Steps(up.STEPS + services.steps))
    print_up(result)
    tool = "make" if stack.is_checkout else "mesh"
    click.echo(f"It stays running: {tool} status, {tool} down. After an edit: {tool} up again.")


def services_of(context: click.Context, server: str, options: dict[str, Any]) -> Services:
    """What runs beside a server, with the options that were given.

    Raises:
        click.UsageError: an option is that of another server.
    """
    extension = extension_of(server)
    _refuse_others(context, [str(one.name) for one in extension.options])
    return extension.services(options)


def _refuse_others(context: click.Context, own: list[str]) -> None:
    """Refuse an option that another server's extension has.

    Raises:
        click.UsageError: names the option, and whose it is.
    """
    for one in extensions():
        for option in one.options:
            given = context.get_parameter_source(str(option.name))
            if option.name not in own and given is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError(f"{option.opts[0]} is an option of {one.title} alone.")


command.params += [option for one in extensions() for option in one.options]
