"""Applies migrations: each in a transaction of its own, under a lock, and never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from aoma.database.migrations_on_disk import read_migrations
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aoma.database.connection import Connection
    from aoma.database.migrations_on_disk import Migration

# Any number, the same for everybody who migrates.
LOCK = 5_713_019_221_604
LOCK_TIMEOUT = "60s"
# Iterative index scans (hnsw.iterative_scan) came with it.
PGVECTOR_LEAST = (0, 8)

RECORD = """
create table if not exists public.mesh_migrations (
    name text primary key,
    sha256 text not null,
    applied_at timestamptz not null default now()
)
"""


def migrate(
    connection: Connection,
    *,
    migrations: Sequence[Migration] | None = None,
    applied: Callable[[str], None] = lambda _name: None,
) -> list[str]:
    """Bring the database up to date; gives the names that were applied now.

    Safe to run again, by two at once, and beside tables of others: everything made here is
    called `mesh_`. A migration that fails leaves nothing of itself.

    Args:
        connection: in autocommit mode, as the database's owner.
        migrations: this checkout's when None.
        applied: told the name of each, when it is in.

    Raises:
        CommandFailedError: pgvector is missing or too old, an applied migration has been
            changed since, or one fails.
    """
    wanted = read_migrations() if migrations is None else list(migrations)
    schema = _prepare(connection)
    done: list[str] = []
    for migration in wanted:
        with connection.transaction():
            _lock(connection)
            if _is_applied(connection, migration):
                continue
            _apply(connection, migration, schema)
        done.append(migration.name)
        applied(migration.name)
    # PostgREST keeps schema and roles in memory. Said each time: a listener may have been
    # away when it was said first.
    connection.execute("notify pgrst, 'reload config'")
    connection.execute("notify pgrst, 'reload schema'")
    return done


def vector_schema(connection: Connection) -> str | None:
    """The schema that pgvector is installed in; None when it is not."""
    row = connection.execute(
        "select nspname from pg_extension join pg_namespace on pg_namespace.oid = extnamespace "
        "where extname = 'vector'"
    ).fetchone()
    return None if row is None else str(row[0])


def _lock(connection: Connection) -> None:
    # The transaction's, since poolers share sessions between clients.
    connection.execute(sql.SQL("set local lock_timeout = {}").format(LOCK_TIMEOUT))
    connection.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    # An index over rows that are there already takes its time.
    connection.execute("set local statement_timeout = 0")


def _prepare(connection: Connection) -> str:
    """Have pgvector and the table of what was applied; gives pgvector's schema."""
    with connection.transaction():
        _lock(connection)
        _require_pgvector(connection)
        schema = vector_schema(connection)
        if schema is None:
            found = connection.execute("select to_regnamespace('extensions')::text").fetchone()
            schema = "extensions" if found and found[0] else "public"
            connection.execute(
                sql.SQL("create extension vector with schema {}").format(sql.Identifier(schema))
            )
        connection.execute(RECORD)
    return schema


def _require_pgvector(connection: Connection) -> None:
    row = connection.execute(
        "select coalesce(installed_version, default_version), installed_version is not null "
        "from pg_available_extensions where name = 'vector'"
    ).fetchone()
    if row is None:
        raise CommandFailedError(
            "This PostgreSQL server has no pgvector. Install it there (Debian: "
            "postgresql-VERSION-pgvector; Supabase has it), then run this again."
        )
    version, installed = row
    if tuple(int(part) for part in version.split(".")[:2]) < PGVECTOR_LEAST:
        how = "alter extension vector update" if installed else "a newer pgvector"
        raise CommandFailedError(f"pgvector {version} is too old, 0.8 is needed: {how}.")


def _is_applied(connection: Connection, migration: Migration) -> bool:
    row = connection.execute(
        "select sha256, to_char(applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') "
        "from public.mesh_migrations where name = %s",
        (migration.name,),
    ).fetchone()
    if row is None:
        return False
    if row[0] != migration.sha256:
        raise CommandFailedError(
            f"{migration.name} was changed after it was applied to this database ({row[1]} UTC). "
            "Take the change back, and put it into a new migration with the next number."
        )
    return True


def _apply(connection: Connection, migration: Migration, schema: str) -> None:
    path = sql.SQL(", ").join(map(sql.Identifier, dict.fromkeys(["public", schema, "pg_temp"])))
    connection.execute(sql.SQL("set local search_path = {}").format(path))
    # Settings of pgvector are only known once its library is loaded.
    connection.execute("select '[1]'::vector")
    try:
        connection.execute(migration.sql.encode())
    except (psycopg.OperationalError, psycopg.errors.InsufficientPrivilege):
        raise  # said better where the connection is lent
    except psycopg.Error as error:
        raise CommandFailedError(
            f"{migration.name} cannot be applied, and nothing of it was: "
            f"{error.diag.message_primary or str(error).partition(chr(10))[0]}."
        ) from error
    connection.execute(
        "insert into public.mesh_migrations (name, sha256) values (%s, %s)",
        (migration.name, migration.sha256),
    )
