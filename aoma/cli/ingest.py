"""`mesh ingest` on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import click

from aoma.cli.database import database_url as database_url_option

EVERYONE = "everyone"
# What mesh_principals() makes of a token: groups, the role, the e-mail address, the user's id.
_READER = re.compile(
    r"group:\S.*|role:\w+|[^\s@:]+@[^\s@:]+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


def checked_readers(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Who may read, as the database compares them; () for everybody, None for not said.

    Raises:
        BadParameter: a name that no caller ever answers to.
    """
    if not given:
        return None
    if EVERYONE in given:
        if len(given) > 1:
            raise click.BadParameter("everyone leaves nobody to add", param_hint="--readers")
        return ()
    for name in given:
        if not _READER.fullmatch(name):
            raise click.BadParameter(
                f"{name!r} names nobody. Write group:NAME, role:NAME, an e-mail address, a user's "
                "id, or everyone.",
                param_hint="--readers",
            )
    return tuple(sorted(set(given)))


@click.command("ingest", short_help="Load documents, repositories and tickets into Supabase.")
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Documents below this folder, or one document; may be repeated.",
)
@click.option(
    "--git",
    "repositories",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Commits and code of this repository; may be repeated.",
)
@click.option(
    "--jira",
    "exports",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Tickets of this Jira export, CSV or JSON; may be repeated.",
)
@click.option("--jira-url", metavar="URL", help="Jira's address, for links to its tickets.")
@click.option(
    "--jira-comments", "comments", is_flag=True, help="The tickets' comments and resolutions too."
)
@click.option(
    "--base-url",
    "base_urls",
    multiple=True,
    metavar="[DIR=]URL",
    help="Address of the documents on the web, for links to them, such as "
    "https://docs.example.com, or with {path} or {stem} in it; DIR= for one of several folders; "
    "may be repeated.",
)
@click.option(
    "--readers",
    multiple=True,
    metavar="NAME",
    help="Who may read it: group:NAME, role:NAME, an e-mail address, a user's id; may be "
    "repeated. Everyone, when never said.",
)
@click.option(
    "--model",
    envvar="AOMA_EMBEDDING_MODEL",
    default="text-embedding-3-small",
    show_default=True,
    help="Embedding model, the server's AOMA_EMBEDDING_MODEL.",
)
@click.option(
    "--dimensions",
    envvar="AOMA_EMBEDDING_DIMENSIONS",
    type=click.IntRange(min=1),
    default=1536,
    show_default=True,
    help="Numbers in a vector.",
)
@click.option("--re-embed", is_flag=True, help="Embed everything again, with another model.")
@click.option("--no-embeddings", is_flag=True, help="Write rows only: found by words only.")
@click.option("--keep-vanished", is_flag=True, help="Delete nothing: the sources are a part.")
@click.option("--allow-deletions", is_flag=True, help="Delete even most of a source.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_url_option
def command(
    *,
    documents: tuple[Path, ...],
    repositories: tuple[Path, ...],
    exports: tuple[Path, ...],
    jira_url: str | None,
    comments: bool,
    base_urls: tuple[str, ...],
    readers: tuple[str, ...],
    model: str,
    dimensions: int,
    re_embed: bool,
    no_embeddings: bool,
    keep_vanished: bool,
    allow_deletions: bool,
    dry_run: bool,
    yes: bool,
    database_url: str | None,
) -> None:
    """Load what is new or changed into the database of the supabase backend.

    Reads, compares with the database, prints what would be written, deleted and
    embedded with about how many tokens, asks, and does it. What a source named
    here holds no more is deleted. Embeddings are made with OPENAI_API_KEY, and
    OPENAI_BASE_URL where it is set.

    May be interrupted at any time: the same command goes on where it stopped.
    """
    from aoma.ingestion.run import IngestOptions  # --help needs no database
    from aoma.ingestion.session import Permission, ingest
    from aoma.ingestion.snapshot import Embedding

    if not (documents or repositories or exports):
        raise click.UsageError("Name something to ingest: --documents, --git or --jira.")
    if re_embed and no_embeddings:
        raise click.UsageError("Use --re-embed or --no-embeddings, not both.")
    options = IngestOptions(
        documents=documents,
        repositories=repositories,
        exports=exports,
        jira_url=jira_url,
        comments=comments,
        base_urls=base_urls,
        embedding=Embedding(model, dimensions),
        embeds=not no_embeddings,
        re_embed=re_embed,
        readers=checked_readers(readers),
        keeps_vanished=keep_vanished,
    )
    permission = Permission(dry_run=dry_run, yes=yes, allow_deletions=allow_deletions)
    ingest(options, permission, database_url)
