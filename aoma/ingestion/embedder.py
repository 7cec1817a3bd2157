"""Embeds what the database holds without an embedding, a few requests at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from psycopg.rows import dict_row

from aoma.ingestion.database import Connection, Vector
from aoma.ingestion.embedding_api import Vectors, batched, embed
from aoma.ingestion.snapshot import Embedding, text_digest, text_of
from aoma.ingestion.tables import SEARCHED, Table

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# Requests under way at a time: enough to keep an index busy, few enough for small quotas.
PARALLEL = 4
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Text:
    """A row to embed, as the database holds it."""

    key: str
    digest: str | None
    text: str


@dataclass(slots=True)
class Embedded:
    """What came of it.

    Attributes:
        texts: how many were embedded.
        tokens: what the API counted; None when it did not say for every request.
    """

    texts: int = 0
    tokens: int | None = 0


async def _waiting(connection: Connection, table: Table) -> AsyncIterator[list[Text]]:
    """Rows without an embedding, in pages, by key."""
    question = sql.SQL(
        "select {}, digest, {} as mesh_key from {} "
        "where embedding is null and {} > %s order by {} limit %s"
    ).format(
        sql.SQL(", ").join(sql.Identifier(name) for name in table.shown),
        *(sql.Identifier(name) for name in (table.key, table.name, table.key, table.key)),
    )
    last = ""
    while True:
        async with connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(question, (last, _PAGE))
            rows: list[dict[str, Any]] = await cursor.fetchall()
        if not rows:
            return
        last = rows[-1]["mesh_key"]
        yield [Text(row["mesh_key"], row["digest"], text_of(table.name, row)) for row in rows]


async def _requests(connection: Connection) -> AsyncIterator[tuple[Table, list[Text]]]:
    for table in SEARCHED:
        async for page in _waiting(connection, table):
            for places in batched([one.text for one in page]):
                yield table, [page[at] for at in places]


async def _store(
    connection: Connection,
    table: Table,
    texts: Sequence[Text],
    vectors: Vectors,
    embedding: Embedding,
) -> None:
    """Put embeddings beside the very texts that they were made from.

    A row that somebody changed meanwhile keeps none, and is embedded by the next run.
    """
    await connection.execute(
        sql.SQL(
            "update {} as t set embedding = v.embedding, digest = v.digest "
            "from unnest(%s::text[], %s::text[], %s::text[], %b) "
            "as v (key, before, digest, embedding) "
            "where t.{} = v.key and t.digest is not distinct from v.before"
        ).format(sql.Identifier(table.name), sql.Identifier(table.key)),
        (
            [one.key for one in texts],
            [one.digest for one in texts],
            [text_digest(one.text, embedding.model, embedding.dimensions) for one in texts],
            [Vector(packed) for packed in vectors.packed],
        ),
    )


async def embed_all(
    connection: Connection,
    client: AsyncOpenAI,
    embedding: Embedding,
    done: Callable[[int], None],
    notice: Callable[[str], None],
) -> Embedded:
    """Embed every row that has no embedding; what is done is stored at once.

    Args:
        connection: holds the rows.
        client: where embeddings come from.
        embedding: the model.
        done: told how many texts were stored.
        notice: told when the API makes us wait.

    Raises:
        CommandFailedError: the API cannot be asked any further. What was stored stays.
    """
    result = Embedded()
    under_way: dict[asyncio.Task[Vectors], tuple[Table, list[Text]]] = {}

    async def settle() -> None:
        ended, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        # Those that succeeded first: they are paid for.
        for task in sorted(ended, key=lambda one: one.exception() is not None):
            table, texts = under_way.pop(task)
            vectors = task.result()
            await _store(connection, table, texts, vectors, embedding)
            result.texts += len(texts)
            known = result.tokens is not None and vectors.tokens is not None
            result.tokens = (result.tokens or 0) + (vectors.tokens or 0) if known else None
            done(len(texts))

    try:
        async for table, texts in _requests(connection):
            while len(under_way) >= PARALLEL:
                await settle()
            request = embed(client, [one.text for one in texts], embedding, notice)
            under_way[asyncio.create_task(request)] = (table, texts)
        while under_way:
            await settle()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
    return result
