"""`mesh database` on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO

import click

from aoma.database import URL_VARIABLE

if TYPE_CHECKING:
    from aoma.database.state import State

database_url = click.option(
    "--database-url",
    envvar=URL_VARIABLE,
    metavar="URL",
    help=f"postgresql://... of the database's owner; else the environment's {URL_VARIABLE}, "
    "where other users of this machine do not see it.",
)


@click.group("database", short_help="Set up the database of the supabase backend.")
def command() -> None:
    """Set up and look at the database that the supabase backend asks.

    Everything in it is called mesh_, in the schema public; what else is there
    is not touched.
    """


@command.command("migrate", short_help="Bring tables, rules and functions up to date.")
@database_url
def migrate_(*, database_url: str | None) -> None:
    """Apply the migrations that the database does not have yet.

    Each is applied whole or not at all, and recorded. May be run at any time and
    by several at once. A migration that was changed after it was applied is refused.
    """
    from aoma.database.connection import connect, where
    from aoma.database.migrate import migrate

    with connect(database_url) as connection:
        click.echo(where(database_url or ""), err=True)
        done = migrate(connection, applied=lambda name: click.echo(f"applied {name}"))
    if not done:
        click.echo("up to date")


def lines(found: State) -> list[str]:
    """Give the state for a person."""
    last = f", the last is {found.applied[-1]}" if found.applied else ""
    text = [f"migrations  {len(found.applied)} applied{last}"]
    text += [f"pending     {name}: `mesh database migrate` applies it" for name in found.pending]
    text += [f"changed     {name}, after it was applied" for name in found.changed]
    text += [f"unknown     {name}: a newer version of this project" for name in found.unknown]
    text.append(f"pgvector    {found.pgvector or 'not installed'}")
    model = f"{found.model}, {found.dimensions} dimensions" if found.model else "none yet"
    text.append(f"embeddings  {model}")
    for name, count in found.counts.items():
        embedded = "" if count.embedded is None else f", {count.embedded} of them embedded"
        text.append(f"{name:<11} {count.rows}{embedded}")
    return text


@command.command("status", short_help="Say what is applied, and what is in it.")
@database_url
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, database_url: str | None, as_json: bool) -> None:
    """Say which migrations are applied, the embedding model, and how many rows there are."""
    from aoma.database.connection import connect, where
    from aoma.database.state import read_state

    with connect(database_url) as connection:
        click.echo(where(database_url or ""), err=True)
        found = read_state(connection)
    click.echo(json.dumps(asdict(found), indent=2) if as_json else "\n".join(lines(found)))


@command.command("token", short_help="Make the server's own token.")
@click.option(
    "--signing-key",
    type=click.File("r", encoding="utf-8"),
    required=True,
    metavar="FILE",
    help="Private key of the project as JWK or PEM, or its legacy JWT secret; - is standard input.",
)
@click.option("--key-id", metavar="KID", help="The key's id, where a PEM file does not say it.")
@click.option(
    "--days",
    type=click.FloatRange(min=0, min_open=True, max=3650),
    default=365,
    show_default=True,
    help="For how long it is valid.",
)
def token(*, signing_key: TextIO, key_id: str | None, days: float) -> None:
    """Make a token with the role mesh_server and print it, and nothing else.

    With it the server may read the mesh_ tables and call their functions, no more.
    Store it with mesh secrets set SUPABASE_TOKEN. Before it expires, make another.
    """
    from aoma.database.token import mint

    click.echo(mint(signing_key.read(), days=days, key_id=key_id))
