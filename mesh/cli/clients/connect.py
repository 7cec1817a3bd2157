"""`mesh connect` on the command line."""

from __future__ import annotations

from copy import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh import progress
from mesh.failure import CommandFailedError
from mesh.stack.lookup import running_here

if TYPE_CHECKING:
    from mesh.runtime.clients import Connection, Entry, Way

AUTHS: dict[str, Way] = {"api-key": "api_key", "oauth": "oauth", "iam": "iam", "none": "open"}
MASK = "<your API key>"


def _known(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from mesh.connect.places import client

    try:
        return client(value).slug
    except CommandFailedError as error:
        raise click.BadParameter(str(error)) from error


@click.command("connect", short_help="Put a server into a client's configuration file.")
@click.argument("client", callback=_known)
@click.argument("url", required=False)
@click.option("--project", is_flag=True, help="For the project in this folder only.")
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write this file instead of the client's own.",
)
@click.option("--name", metavar="NAME", help="What to call the server; its own name by default.")
@click.option(
    "--auth", type=click.Choice(list(AUTHS)), help="The way in; else the server is asked."
)
@click.option("--region", metavar="NAME", help="Region to sign for, when not in the URL.")
@click.option("--remove", is_flag=True, help="Take the server out of the file again.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option(
    "--api-key", envvar="MESH_API_KEY", hidden=True, help="What Claude Desktop's file gets."
)
def command(
    *,
    client: str,
    url: str | None,
    project: bool,
    path: Path | None,
    name: str | None,
    auth: str | None,
    region: str | None,
    remove: bool,
    dry_run: bool,
    api_key: str | None,
) -> None:
    """Put the server at URL into CLIENT's configuration file.

    Without URL, the server that `mesh up` runs for the current folder. CLIENT is
    claude-code, claude-desktop, cursor, vs-code, windsurf, codex, gemini-cli, goose
    or librechat.

    Comments and other entries of the file stay. What was there before is kept beside
    it, with .mesh-backup at the end of its name. The key does not go into the file:
    the client reads MESH_API_KEY when it starts, and VS Code asks for it. Only Claude
    Desktop can do neither; its file gets the key that MESH_API_KEY holds.
    """
    from mesh.connect.change import plan
    from mesh.connect.places import PLACES, path_of

    if project and path is not None:
        raise click.UsageError("Use --project or --file, not both: each says which file.")
    place = PLACES[client]
    file = path or path_of(client, Path.cwd() if project else None)
    connection, key, local = _target(url, auth, name, region, api_key, remove=remove)
    if place.holds_key and connection.way == "api_key" and not remove:
        if key is None:
            raise CommandFailedError(
                "Claude Desktop replaces no variables, so its file has to hold the key, and "
                "MESH_API_KEY is not set. Set it for this command."
            )
        connection = replace(connection, key=key)
    entry = _entry(client, connection)
    change = plan(file, connection.label, entry, place.format, remove=remove)
    if dry_run:
        _preview(client, connection, file, remove=remove)
        return
    if change.is_none:
        click.echo(f"{file} has {connection.label} already; nothing was changed.")
    else:
        backup = change.make()
        done = "took" if remove else "replaced" if change.replaces else "wrote"
        where = "out of" if remove else "in"
        click.echo(f"{done} {connection.label} {where} {file}")
        if backup is not None:
            click.echo(f"what was there before is in {backup}")
    if not remove:
        _tell(client, connection, local=local)


def _target(
    url: str | None,
    auth: str | None,
    name: str | None,
    region: str | None,
    key: str | None,
    *,
    remove: bool,
) -> tuple[Connection, str | None, Path | None]:
    """The server, its key, and the file that holds it where the server runs here."""
    from mesh.connect.target import target
    from mesh.runtime.clients import Connection

    way = AUTHS[auth] if auth else None
    if remove and name is not None:
        return Connection(url or "", way or "open", name=name), key, None
    local = None
    if url is None:
        url, variables, local = running_here()
        key = variables.get("MESH_API_KEY")
    return target(url, way, name, region), key, local


def _entry(client: str, connection: Connection) -> Entry:
    from mesh.runtime import clients

    make = clients.by_slug(client).entry
    assert make is not None  # noqa: S101 - every client with a place has one
    return make(connection)


def _preview(client: str, connection: Connection, file: Path, *, remove: bool) -> None:
    """Say what would be done; a key is not shown."""
    from mesh.connect import formats
    from mesh.connect.places import PLACES

    if remove:
        click.echo(f"would take {connection.label} out of {file}")
        return
    click.echo(f"would write to {file}\n")
    shown = replace(connection, key=MASK) if connection.key else connection
    form = PLACES[client].format
    click.echo(formats.changed("", connection.label, _entry(client, shown), form).rstrip())


def _tell(client: str, connection: Connection, *, local: Path | None) -> None:
    """Say what is left to do."""
    from mesh.connect.places import PLACES
    from mesh.runtime.clients.connection import KEY_VARIABLE

    place = PLACES[client]
    lines = [place.then]
    if connection.way == "api_key" and not place.holds_key and client != "vs-code":
        lines.insert(0, f"The client reads the key from {KEY_VARIABLE} where it is started.")
        if local is not None:
            lines.insert(1, f"The key of this folder's server is in {local}.")
    if connection.key is not None:
        lines.insert(0, "The file holds the key: keep it to yourself.")
    for line in lines:
        click.echo(progress.wrapped(line, ""))
