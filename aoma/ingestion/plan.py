"""What a run would do: the snapshot's two halves, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql

from aoma.ingestion.database import Connection
from aoma.ingestion.reader import Source
from aoma.ingestion.snapshot import LIMIT_BYTES, Embedding, Known, Snapshot, estimated_tokens
from aoma.ingestion.tables import OF_KIND, SEARCHED, Table

_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """One source, compared. Counts are of what is searched: passages, parts, commits, tickets.

    Attributes:
        source: which one.
        noun: what is counted.
        new: entries that the database does not have.
        changed: entries that it has otherwise.
        unchanged: entries that it has like this.
        vanished: entries that the source has no more.
        units: documents, code files, commits or tickets in the database.
        vanished_units: those of them that the source has no more.
    """

    source: Source
    noun: str
    new: int
    changed: int
    unchanged: int
    vanished: int
    units: int
    vanished_units: int

    @property
    def loses_most(self) -> bool:
        """Whether more than half of the source would be deleted."""
        return self.vanished_units * 2 > self.units


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do.

    Attributes:
        sources: each source that was named.
        texts: how many texts would be embedded, those left by earlier runs among them.
        tokens: about how many tokens those are.
        left: how many of `texts` are not of these sources, or are embedded again.
        rows: how many rows would be written: documents with their passages, code files with
            their parts, commits, tickets.
        embedding: how texts are embedded; None when they are not.
        replaced: the embeddings that are thrown away, by `--re-embed`; or None.
    """

    sources: tuple[SourcePlan, ...]
    texts: int
    tokens: int
    left: int
    rows: int
    embedding: Embedding | None
    replaced: Embedding | None

    @property
    def vanished(self) -> int:
        """How many units would be deleted."""
        return sum(one.vanished_units for one in self.sources)

    def nothing(self, *, keeps_vanished: bool) -> bool:
        """Whether the database holds all of it already."""
        # Parts go with what they are a part of, or with its change.
        parts = any(one.vanished and not one.vanished_units for one in self.sources)
        deletes = self.vanished and not keeps_vanished
        return not (parts or deletes or self.rows or self.texts or self.replaced)


def _in_source(source: Source) -> tuple[sql.Composable, list[object]]:
    """A condition on `s`, the table of the source's units, that holds for its rows."""
    table = OF_KIND[source.kind][0]
    clause: sql.Composable = sql.SQL("s.{} = %s").format(sql.Identifier(table.scope))
    values: list[object] = [source.name]
    if source.below:
        clause = sql.SQL(
            "{} and (s.id = any (%s::text[]) or exists "
            "(select from unnest(%s::text[]) as b "
            "where right(b, 1) = '/' and starts_with(s.id, b)))"
        ).format(clause)
        values += [list(source.below), list(source.below)]
    return clause, values


def _from(table: Table) -> sql.Composed:
    """A table as `t`, with its units as `s`: its parent's rows, or its own."""
    if table.parent is None:
        return sql.SQL("{} as t join {} as s using ({})").format(
            sql.Identifier(table.name), sql.Identifier(table.name), sql.Identifier(table.key)
        )
    return sql.SQL("{} as t join {} as s on s.id = t.{}").format(
        sql.Identifier(table.name),
        sql.Identifier(table.parent),
        sql.Identifier(str(table.foreign)),
    )


async def load_known(
    connection: Connection, snapshot: Snapshot, number: int, source: Source
) -> None:
    """Copy what the database holds of a source into the snapshot, without its texts."""
    condition, values = _in_source(source)
    for table in OF_KIND[source.kind]:
        question = sql.SQL("select t.{}, {}, t.digest, t.{}, {} from {} where {}").format(
            sql.Identifier(table.key),
            sql.SQL("s.id") if table.parent else sql.SQL("t.{}").format(sql.Identifier(table.key)),
            sql.Identifier(table.row_digest),
            sql.SQL("t.embedding is not null" if table.searched else "false"),
            _from(table),
            condition,
        )
        async with connection.transaction(), connection.cursor(name="known") as cursor:
            await cursor.execute(question, values)
            while rows := await cursor.fetchmany(_PAGE):
                snapshot.know(number, table.name, [Known(*row) for row in rows])


async def other_readers(
    connection: Connection, source: Source, readers: Sequence[str] | None
) -> list[list[str]]:
    """Who may read rows of the source now, where that is restricted otherwise."""
    condition, values = _in_source(source)
    table = OF_KIND[source.kind][0]
    found = await connection.execute(
        sql.SQL(
            "select distinct s.readers from {} as s where {} "
            "and s.readers is not null and s.readers is distinct from %s::text[] limit 3"
        ).format(sql.Identifier(table.name), condition),
        [*values, None if readers is None else list(readers)],
    )
    return [row[0] for row in await found.fetchall()]


async def _left(
    connection: Connection, sources: Sequence[Source], *, everything: bool
) -> tuple[int, int]:
    """Rows outside these sources that have no embedding, or all: how many, and characters."""
    count = characters = 0
    for table in SEARCHED:
        mine = [_in_source(one) for one in sources if table in OF_KIND[one.kind]]
        texts = [name for name in table.shown if name not in {"id", "key", "heading", "labels"}]
        lengths = sql.SQL(" + ").join(
            sql.SQL("coalesce(length(t.{}::text), 0)").format(sql.Identifier(name))
            for name in texts
        )
        outside = sql.SQL(" and ").join(
            [
                sql.SQL("true") if everything else sql.SQL("t.embedding is null"),
                *(sql.SQL("not ({})").format(condition) for condition, _ in mine),
            ]
        )
        found = await connection.execute(
            sql.SQL("select count(*), coalesce(sum(least({}, {})), 0) from {} where {}").format(
                lengths, sql.Literal(LIMIT_BYTES), _from(table), outside
            ),
            [value for _, values in mine for value in values],
        )
        row = await found.fetchone()
        if row:
            count += int(row[0])
            characters += int(row[1])
    return count, characters


def _compared(snapshot: Snapshot, number: int, source: Source) -> SourcePlan:
    units, searched = OF_KIND[source.kind][0], OF_KIND[source.kind][-1]
    new, changed, unchanged = snapshot.count(
        "SELECT count(*) FILTER (WHERE k.id IS NULL), "
        "count(*) FILTER (WHERE k.id IS NOT NULL AND k.row_digest IS NOT w.row_digest), "
        "count(*) FILTER (WHERE k.row_digest IS w.row_digest) "
        "FROM wanted AS w LEFT JOIN known AS k USING (tbl, id) WHERE w.source = ? AND w.tbl = ?",
        number,
        searched.name,
    )
    gone = (
        "SELECT count(*), count(*) FILTER (WHERE w.id IS NULL) "
        "FROM known AS k LEFT JOIN wanted AS w USING (tbl, id) WHERE k.source = ? AND k.tbl = ?"
    )
    _, vanished = snapshot.count(gone, number, searched.name)
    known, vanished_units = snapshot.count(gone, number, units.name)
    return SourcePlan(
        source, searched.noun, new, changed, unchanged, vanished, known, vanished_units
    )


async def make_plan(
    connection: Connection,
    snapshot: Snapshot,
    sources: Sequence[Source],
    embedding: Embedding | None,
    replaced: Embedding | None,
) -> Plan:
    """Compare; the snapshot is complete.

    Args:
        connection: for what lies outside these sources.
        snapshot: both halves, each source under its place in `sources`.
        sources: what was named.
        embedding: how texts are to be embedded; None when they are not.
        replaced: the embeddings that are thrown away for it, or None.
    """
    texts = characters = left = 0
    if embedding:
        texts, characters = snapshot.count(
            "SELECT count(*), coalesce(sum(characters), 0) FROM wanted AS w "
            "WHERE characters > 0 AND (? OR NOT EXISTS (SELECT 1 FROM embedded AS e "
            "WHERE e.digest = w.digest AND e.tbl = w.tbl))",
            replaced is not None,
        )
        left, more = await _left(connection, sources, everything=replaced is not None)
        texts, characters = texts + left, characters + more
    (rows,) = snapshot.count(
        "SELECT count(*) FROM wanted AS w LEFT JOIN known AS k USING (tbl, id) "
        "WHERE k.row_digest IS NOT w.row_digest"
    )
    return Plan(
        sources=tuple(_compared(snapshot, at, source) for at, source in enumerate(sources)),
        texts=texts,
        tokens=estimated_tokens(characters),
        left=left,
        rows=rows,
        embedding=embedding,
        replaced=replaced,
    )
