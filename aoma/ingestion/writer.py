"""Writes what changed, deletes what vanished, and throws embeddings away when asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from psycopg import sql

from aoma.ingestion.database import Connection
from aoma.ingestion.reader import Source
from aoma.ingestion.snapshot import Embedding, Snapshot
from aoma.ingestion.tables import OF_KIND, SEARCHED, Table

# What one transaction holds, at most about: it lasts a second or so.
_UNITS = 200
_BYTES = 4_000_000


def _upsert(table: Table) -> sql.Composed:
    """Writes rows given as JSON, with the embedding of the same text where one is known.

    A row whose text changed is left without an embedding in the same statement: an old one
    never lies beside a new text.
    """
    columns = dict(table.columns) | {"digest": "text", table.row_digest: "text"}
    names = [sql.Identifier(name) for name in columns]
    given = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind))
        for name, kind in columns.items()
    )
    values = [sql.SQL("r.{}").format(name) for name in names]
    if table.searched:
        names.append(sql.Identifier("embedding"))
        values.append(
            sql.SQL(
                "(select e.embedding from {} as e where e.digest = r.digest "
                "and e.embedding is not null limit 1)"
            ).format(sql.Identifier(table.name))
        )
    updates = [
        sql.SQL("{} = excluded.{}").format(name, name)
        for name in names
        if name != sql.Identifier(table.key)
    ]
    return sql.SQL(
        "insert into {} ({}) select {} from json_to_recordset(%s::json) as r ({}) "
        "on conflict ({}) do update set {}, ingested_at = now()"
    ).format(
        sql.Identifier(table.name),
        sql.SQL(", ").join(names),
        sql.SQL(", ").join(values),
        given,
        sql.Identifier(table.key),
        sql.SQL(", ").join(updates),
    )


_CHANGED = (
    "SELECT w.row FROM work JOIN wanted AS w ON w.unit = work.unit AND w.tbl = ? "
    "LEFT JOIN known AS k USING (tbl, id) "
    "WHERE work.number BETWEEN ? AND ? AND work.source = ? AND k.row_digest IS NOT w.row_digest"
)
_GONE_PARTS = (
    "SELECT k.id FROM work JOIN known AS k ON k.unit = work.unit AND k.tbl = ? "
    "LEFT JOIN wanted AS w USING (tbl, id) "
    "WHERE work.number BETWEEN ? AND ? AND work.source = ? AND w.id IS NULL"
)
_GONE_UNITS = (
    "SELECT k.id FROM known AS k LEFT JOIN wanted AS w USING (tbl, id) "
    "WHERE k.source = ? AND k.tbl = ? AND w.id IS NULL"
)


async def write(
    connection: Connection,
    snapshot: Snapshot,
    sources: Sequence[Source],
    done: Callable[[int], None],
) -> None:
    """Write what is new or changed, without embeddings, a few hundred units at a time.

    A document and its passages are one unit, written in one transaction: nobody finds a
    passage under a title that it no longer has. `done` is told how many rows are written.
    """
    for number, source in enumerate(sources):
        tables = OF_KIND[source.kind]
        first, last = snapshot.count(
            "SELECT coalesce(min(number), 1), coalesce(max(number), 0) FROM work WHERE source = ?",
            number,
        )
        for start in range(first, last + 1, _UNITS):
            end = min(start + _UNITS - 1, last)
            count = 0
            async with connection.transaction():
                for table in tables:
                    rows = snapshot.rows(_CHANGED, table.name, start, end, number)
                    for documents in _batches(row for (row,) in rows):
                        given = f"[{','.join(documents)}]"
                        await connection.execute(_upsert(table), (given,))
                        count += len(documents)
                part = tables[-1]
                if part.parent:
                    gone = snapshot.rows(_GONE_PARTS, part.name, start, end, number)
                    await _delete(connection, part, [name for (name,) in gone])
            done(count)


def _batches(rows: Iterator[str]) -> Iterator[list[str]]:
    """`rows` in lists of a few megabytes at most."""
    held: list[str] = []
    size = 0
    for row in rows:
        if held and size + len(row) > _BYTES:
            yield held
            held, size = [], 0
        held.append(row)
        size += len(row)
    if held:
        yield held


async def _delete(connection: Connection, table: Table, keys: Sequence[str]) -> None:
    if keys:
        await connection.execute(
            sql.SQL("delete from {} where {} = any (%s)").format(
                sql.Identifier(table.name), sql.Identifier(table.key)
            ),
            (list(keys),),
        )


async def delete_vanished(
    connection: Connection, snapshot: Snapshot, sources: Sequence[Source]
) -> int:
    """Delete what the sources hold no more; gives how many units."""
    count = 0
    for number, source in enumerate(sources):
        table = OF_KIND[source.kind][0]
        gone = [name for (name,) in snapshot.rows(_GONE_UNITS, number, table.name)]
        for start in range(0, len(gone), _UNITS):
            await _delete(connection, table, gone[start : start + _UNITS])
        count += len(gone)
    return count


async def count_languages(connection: Connection) -> None:
    """Say which languages there are, so that searches ask for words in each of them."""
    async with connection.transaction():
        await connection.execute("select mesh_count_languages()")


async def stored_embedding(connection: Connection) -> Embedding | None:
    """The model that the embeddings here are from; None before the first."""
    found = await connection.execute("select model, dimensions from mesh_embedding")
    row = await found.fetchone()
    return Embedding(row[0], row[1]) if row else None


async def column_dimensions(connection: Connection) -> int:
    """How many numbers a vector of these tables has."""
    found = await connection.execute(
        "select atttypmod from pg_attribute "
        "where attrelid = 'mesh_passages'::regclass and attname = 'embedding'"
    )
    row = await found.fetchone()
    return int(row[0]) if row else 0


async def record_embedding(connection: Connection, embedding: Embedding, *, replace: bool) -> None:
    """Say which model the embeddings are from, before the first of them is written.

    Args:
        connection: where.
        embedding: the model.
        replace: throw away all embeddings of another one, in the same transaction: at no
            moment are vectors of two models searched together.
    """
    async with connection.transaction():
        if replace:
            for table in SEARCHED:
                await connection.execute(
                    sql.SQL("update {} set embedding = null where embedding is not null").format(
                        sql.Identifier(table.name)
                    )
                )
        await connection.execute(
            "insert into mesh_embedding (model, dimensions) values (%s, %s) "
            "on conflict (only_row) do update set model = excluded.model, "
            "dimensions = excluded.dimensions, ingested_at = now()",
            (embedding.model, embedding.dimensions),
        )
