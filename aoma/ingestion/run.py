"""One run of `mesh ingest`: read, plan, write, embed."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aoma.corpus.folders import note_unread
from aoma.corpus.report import Ledger
from aoma.ingestion import reader
from aoma.ingestion.database import Connection
from aoma.ingestion.embedder import Embedded, embed_all
from aoma.ingestion.plan import Plan, load_known, make_plan, other_readers
from aoma.ingestion.reader import Entry, Source
from aoma.ingestion.snapshot import Embedding, Snapshot
from aoma.ingestion.writer import (
    column_dimensions,
    count_languages,
    delete_vanished,
    record_embedding,
    stored_embedding,
    write,
)
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What was asked for.

    Attributes:
        documents: folders of documents, or single ones.
        repositories: roots of git repositories.
        exports: Jira exports.
        jira_url: Jira's address for links; None for what the exports tell.
        comments: whether the tickets' comments are ingested too.
        base_urls: addresses of the folders' documents; see `aoma.corpus.base_urls`.
        embedding: the model that texts are embedded with.
        embeds: whether they are embedded at all.
        re_embed: whether embeddings of another model are thrown away.
        readers: who may read what is ingested; () for everybody, None when it was not said.
        keeps_vanished: whether what the sources hold no more stays in the database.
    """

    documents: tuple[Path, ...]
    repositories: tuple[Path, ...]
    exports: tuple[Path, ...]
    jira_url: str | None
    comments: bool
    base_urls: tuple[str, ...]
    embedding: Embedding
    embeds: bool
    re_embed: bool
    readers: tuple[str, ...] | None
    keeps_vanished: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    written: int
    deleted: int
    embedded: Embedded


def read(options: IngestOptions, snapshot: Snapshot, ledger: Ledger) -> tuple[Source, ...]:
    """Read everything that was named into the snapshot; gives the sources.

    Raises:
        CommandFailedError: something cannot be read.
    """
    readers = options.readers or None
    sources: list[Source] = []

    def take(source: Source, entries: Iterable[Entry]) -> None:
        snapshot.want(len(sources), entries, options.embedding, readers)
        sources.append(source)

    corpora = reader.corpora(options.documents, ledger)
    repositories = reader.repositories(options.repositories)
    addresses = reader.addresses(options.base_urls, options.documents)
    for source, corpus in corpora:
        take(source, reader.read_documents(corpus, ledger, addresses))
    indexed = {repository.root for repository in repositories}
    note_unread([corpus for _, corpus in corpora], indexed, ledger)
    for repository in repositories:
        take(Source("commits", repository.name), reader.read_history(repository, ledger))
        take(Source("code", repository.name), reader.read_code(repository, ledger))
    if options.exports:
        for project, tickets in _by_project(
            reader.read_exports(
                options.exports, options.jira_url, ledger, comments=options.comments
            )
        ):
            take(Source("tickets", project), tickets)
    return tuple(sources)


def _by_project(tickets: Iterator[Entry]) -> Iterator[tuple[str, Iterator[Entry]]]:
    """The reader gives them by project."""
    return itertools.groupby(tickets, key=lambda ticket: str(ticket.row["project"]))


async def check_embedding(connection: Connection, options: IngestOptions) -> Embedding | None:
    """Refuse a model that the embeddings in the database are not from.

    Gives the embeddings that `--re-embed` throws away, or None.

    Raises:
        CommandFailedError: the model or its dimensions do not fit.
    """
    if not options.embeds:
        return None
    wanted, column = options.embedding, await column_dimensions(connection)
    if wanted.dimensions != column:
        raise CommandFailedError(
            f"--dimensions {wanted.dimensions}: the tables hold vectors of {column} numbers. "
            f"Models of the text-embedding-3 family make them so: --dimensions {column}."
        )
    stored = await stored_embedding(connection)
    if options.re_embed:
        return stored
    if stored and stored != wanted:
        raise CommandFailedError(
            f"the database holds embeddings of {stored.model} ({stored.dimensions} numbers), and "
            f"this run would add some of {wanted.model} ({wanted.dimensions}), which cannot be "
            f"compared. Give --model {stored.model}, or --re-embed to embed everything again, and "
            "then set the server's AOMA_EMBEDDING_MODEL to the new one."
        )
    return None


async def compare(
    connection: Connection,
    options: IngestOptions,
    snapshot: Snapshot,
    sources: tuple[Source, ...],
    replaced: Embedding | None,
) -> Plan:
    """Compare what was read with the database.

    Raises:
        CommandFailedError: rows that only some may read would be opened without a word.
    """
    for number, source in enumerate(sources):
        others = await other_readers(connection, source, options.readers or None)
        if options.readers is None and others:
            known = ", ".join(sorted({name for names in others for name in names}))
            raise CommandFailedError(
                f"{source.kind} of {source.name} are for {known} only. Say --readers again, with "
                "the same ones or others, or --readers everyone to open them to every caller."
            )
        await load_known(connection, snapshot, number, source)
    snapshot.complete()
    embedding = options.embedding if options.embeds else None
    return await make_plan(connection, snapshot, sources, embedding, replaced)


async def write_all(
    connection: Connection,
    options: IngestOptions,
    plan: Plan,
    snapshot: Snapshot,
    done: Callable[[int], None],
) -> int:
    """Write and delete rows; gives how many units were deleted.

    The model is recorded first: whatever comes after may be interrupted anywhere.
    """
    if plan.embedding and (plan.texts or plan.replaced):
        await record_embedding(connection, plan.embedding, replace=plan.replaced is not None)
    sources = [one.source for one in plan.sources]
    await write(connection, snapshot, sources, done)
    deleted = 0 if options.keeps_vanished else await delete_vanished(connection, snapshot, sources)
    await count_languages(connection)
    return deleted


async def embed(
    connection: Connection,
    client: AsyncOpenAI,
    plan: Plan,
    done: Callable[[int], None],
    notice: Callable[[str], None],
) -> Embedded:
    """Embed what has no embedding."""
    assert plan.embedding is not None  # noqa: S101 - the caller asked for embeddings
    return await embed_all(connection, client, plan.embedding, done, notice)
