"""`mesh up` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcp_app.settings import BACKENDS
from mesh import progress
from mesh.smoke import snippets
from mesh.stack.current import server_here, stack_of
from mesh.stack.stack import Stack

if TYPE_CHECKING:
    from mesh.local.up import Up

# Names of the parameters that say what AOMA Mesh answers from.
ONLY_AOMA = ("documents", "repositories", "exports", "jira_url")


def print_up(result: Up, tool: str) -> None:
    """Print where the server is and how to reach it.

    Args:
        result: what is up.
        tool: what the commands begin with, `make` or `mesh`.
    """
    bold = progress.paint(result.function_url, "bold", sys.stdout)
    notes = "".join(f"{progress.wrapped(note, '')}\n\n" for note in result.notes)
    click.echo(
        f"\nRunning after {result.seconds:.1f} s, version {result.live_version} is live.\n\n"
        f"  Function URL  {bold}\n"
        f"  MCP           {result.mcp_url}\n"
        f"  candidate     {result.candidate_url} (SigV4 only)\n"
        f"  API key       {result.api_key}\n\n{notes}"
        f"{snippets.all_of_them(result.mcp_url, result.api_key, result.call, result.name)}\n\n"
        f"Every client, ready to copy: open {result.function_url} in a browser.\n"
        f"It stays running: {tool} status, {tool} down. After an edit: {tool} up again."
    )


@click.command("up", short_help="Build, deploy to AWS on this machine, test, print the URL.")
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    default="embedded",
    show_default=True,
    help="Where knowledge comes from.",
)
@click.option(
    "--knowledge",
    "documents",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Answer from these documents instead of this project's; may be repeated.",
)
@click.option(
    "--git",
    "repositories",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Answer from this repository's commits and code; may be repeated.",
)
@click.option(
    "--jira",
    "exports",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Answer from the tickets of this Jira export, CSV or JSON; may be repeated.",
)
@click.option(
    "--jira-url",
    metavar="URL",
    help="Jira's address for links to tickets, e.g. https://jira.example.com",
)
@click.argument("server", required=False)
@click.pass_context
def command(
    context: click.Context,
    *,
    server: str | None,
    backend: str,
    documents: tuple[Path, ...],
    repositories: tuple[Path, ...],
    exports: tuple[Path, ...],
    jira_url: str | None,
) -> None:
    """Bring a server up on this machine, or up to date after an edit.

    SERVER is a .py file that makes a FastMCP server, or its folder. Without it, the
    server of the current folder; in this checkout that is AOMA Mesh, and --backend,
    --knowledge, --git and --jira are about it alone.

    Builds the zip, starts local AWS, applies the Terraform root that production
    uses, makes an API key if there is none, tests the Function URL, and prints it
    with a curl line and client snippets. Everything stays running.

    With --backend supabase it also starts Supabase on this machine, fills its
    database, and stores its secrets. OpenAI is a stand-in unless OPENAI_API_KEY is set.

    The address and the key stay the same from one run to the next. They are in
    .mesh/local.env of the server's folder: set -a; . .mesh/local.env; set +a
    """
    location = server_here(server)
    if location is not None:
        for name in ("backend", *ONLY_AOMA):
            if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
                raise click.UsageError("--backend, --knowledge, --git and --jira are AOMA Mesh's.")
    from mesh import settings  # noqa: PLC0415 - see `mesh.cli`
    from mesh.local import up  # noqa: PLC0415 - see `mesh.cli`

    if location is not None:
        found = settings.settings(location)
        steps = progress.Steps(up.STEPS["embedded"])
        print_up(up.up(stack_of(location), steps=steps, server=found), "mesh")
        return
    knowledge = up.Knowledge(documents, repositories, exports, jira_url)
    steps = progress.Steps(up.STEPS[backend])
    print_up(up.up(Stack(), backend=backend, knowledge=knowledge, steps=steps), "make")
