"""What a database holds of ours: migrations, the embedding model, rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg import sql

from aoma.database.migrate import vector_schema
from aoma.database.migrations_on_disk import read_migrations

if TYPE_CHECKING:
    from aoma.database.connection import Connection

# By table: what a person calls its rows, and whether they are embedded.
TABLES = {
    "mesh_documents": ("documents", False),
    "mesh_passages": ("passages", True),
    "mesh_tickets": ("tickets", True),
    "mesh_commits": ("commits", True),
    "mesh_code_files": ("code files", False),
    "mesh_code_parts": ("code parts", True),
}


@dataclass(frozen=True)
class Count:
    """Rows of a kind; `embedded` is None for a kind that is not embedded."""

    rows: int
    embedded: int | None


@dataclass(frozen=True)
class State:
    """What `mesh database status` tells.

    Attributes:
        applied: migrations that are in, in order.
        pending: those of this checkout that are not.
        changed: those that were changed after they were applied.
        unknown: those in the database that this checkout has not.
        pgvector: its version; None when it is not installed.
        model: the model that the embeddings are from; None before the first.
        dimensions: of these embeddings.
        counts: rows by kind; none before the tables are there.
    """

    applied: list[str]
    pending: list[str]
    changed: list[str]
    unknown: list[str]
    pgvector: str | None
    model: str | None = None
    dimensions: int | None = None
    counts: dict[str, Count] = field(default_factory=dict)


def _exists(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s)", (f"public.{table}",)).fetchone()
    return row is not None and row[0] is not None


def read_state(connection: Connection) -> State:
    """Read what is there; changes nothing."""
    known: dict[str, str] = {}
    if _exists(connection, "mesh_migrations"):
        known = dict(
            connection.execute("select name, sha256 from public.mesh_migrations").fetchall()
        )
    ours = {migration.name: migration.sha256 for migration in read_migrations()}
    version = None
    if vector_schema(connection) is not None:
        row = connection.execute(
            "select extversion from pg_extension where extname = 'vector'"
        ).fetchone()
        version = str(row[0]) if row else None
    model, dimensions = None, None
    if _exists(connection, "mesh_embedding"):
        row = connection.execute("select model, dimensions from public.mesh_embedding").fetchone()
        model, dimensions = row or (None, None)
    return State(
        applied=sorted(known),
        pending=[name for name in ours if name not in known],
        changed=[name for name, digest in ours.items() if known.get(name, digest) != digest],
        unknown=sorted(known.keys() - ours.keys()),
        pgvector=version,
        model=model,
        dimensions=dimensions,
        counts={
            name: _count(connection, table, embedded=embedded)
            for table, (name, embedded) in TABLES.items()
            if _exists(connection, table)
        },
    )


def _count(connection: Connection, table: str, *, embedded: bool) -> Count:
    what = "count(embedding)" if embedded else "null"
    row = connection.execute(
        sql.SQL("select count(*), {} from public.{}").format(sql.SQL(what), sql.Identifier(table))
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate always gives a row
    return Count(rows=row[0], embedded=row[1])
