"""`mesh bundle` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh.cli.clients.connect import AUTHS
from mesh.stack.lookup import running_here

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesh.connect.bundles import Described


@click.group("bundle", short_help="Make a Claude Code plugin or an MCP bundle of a server.")
def command() -> None:
    """Make what people install instead of writing configuration.

    Neither form holds a key: the client asks for it once and keeps it with its
    secrets. Without URL, the server that `mesh up` runs for the current folder.
    """


def _described(made: Callable[..., None]) -> Callable[..., None]:
    """The arguments that both forms take."""
    options = (
        click.argument("url", required=False),
        click.option("--name", metavar="NAME", help="What to call the server."),
        click.option(
            "--auth", type=click.Choice(list(AUTHS)), help="The way in; else the server is asked."
        ),
        click.option("--region", metavar="NAME", help="Region to sign for, when not in the URL."),
        click.option(
            "--output", type=click.Path(path_type=Path), help="Where to write; named by default."
        ),
    )
    for option in reversed(options):
        made = option(made)
    return made


def _server(url: str | None, auth: str | None, name: str | None, region: str | None) -> Described:
    from mesh.connect.bundles import described

    return described(url or running_here()[0], AUTHS[auth] if auth else None, name, region)


@command.command("plugin", short_help="A folder with a Claude Code plugin.")
@_described
def plugin(*, output: Path | None, **given: Any) -> None:
    """Make a Claude Code plugin for the server at URL, in a folder.

    The folder is a marketplace of one plugin as well: put it into a git repository,
    and others add that with `claude plugin marketplace add`.
    """
    from mesh.connect import bundles

    server = _server(**given)
    folder = output or Path(f"{server.name}-plugin")
    bundles.write_folder(bundles.plugin(server), folder)
    click.echo(f"wrote {folder}. To try it:")
    click.echo(f"  claude plugin marketplace add ./{folder}")
    click.echo(f"  claude plugin install {server.name}@{server.name}")


@command.command("mcpb", short_help="A bundle for Claude Desktop.")
@_described
def mcpb(*, output: Path | None, **given: Any) -> None:
    """Make an MCP bundle for the server at URL, a file that Claude Desktop installs.

    It holds a small program without dependencies that passes messages on; Claude
    Desktop runs it with the Node.js that it brings.
    """
    from mesh.connect import bundles

    server = _server(**given)
    file = output or Path(f"{server.name}.mcpb")
    bundles.write_zip(bundles.bundle(server), file)
    click.echo(f"wrote {file}. Open it with Claude Desktop, which asks before it installs.")
