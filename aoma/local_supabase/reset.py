"""Emptying a database between tests, when nothing but rows has changed.

A copy of the template takes most of a second, with PostgREST's restart; this takes a few
hundredths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

type Connection = psycopg.Connection[tuple[Any, ...]]

# Everything that SQL may have made, changed or taken away; not where rows lie.
_SHAPE = """
select md5(string_agg(line, E'\\n' order by line)) from (
    select concat_ws(' ', oid, relname, relacl, relrowsecurity) as line
    from pg_class where relnamespace = any (%(schemas)s)
    union all select concat_ws(' ', oid, xmin) from pg_proc where pronamespace = any (%(schemas)s)
    union all select concat_ws(' ', attrelid, attname, atttypid) from pg_attribute
        join pg_class on pg_class.oid = attrelid where relnamespace = any (%(schemas)s)
    union all select concat_ws(' ', oid, xmin) from pg_policy
    union all select concat_ws(' ', oid, tgenabled, tgname) from pg_trigger
    union all select concat_ws(' ', oid, xmin) from pg_authid
    union all select concat_ws(' ', oid, xmin) from pg_auth_members
    union all select concat_ws(' ', oid, extversion) from pg_extension
    union all select concat_ws(' ', oid, nspacl) from pg_namespace
    union all select setconfig::text from pg_db_role_setting
) as lines
"""


@dataclass(frozen=True)
class Snapshot:
    """What a database was: its shape, and how many rows each table had."""

    shape: str
    rows: dict[str, int]


def _schemas(connection: Connection) -> dict[str, Any]:
    found = connection.execute(
        "select array_agg(oid) from pg_namespace where nspname not like 'pg\\_%' "
        "and nspname <> 'information_schema'"
    ).fetchone()
    return {"schemas": found[0] if found else []}


def _tables(connection: Connection) -> list[str]:
    found = connection.execute(
        "select relname from pg_class where relkind = 'r' "
        "and relnamespace = 'public'::regnamespace order by relname"
    )
    return [name for (name,) in found]


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(
        sql.SQL("select count(*) from public.{}").format(sql.Identifier(table))
    ).fetchone()
    return int(row[0]) if row else 0


def snapshot(connection: Connection) -> Snapshot:
    """Remember what the database is; as a superuser."""
    shape = connection.execute(_SHAPE, _schemas(connection)).fetchone()
    return Snapshot(
        shape=str(shape[0]) if shape else "",
        rows={table: _count(connection, table) for table in _tables(connection)},
    )


def go_back(connection: Connection, wanted: Snapshot) -> bool:
    """Remove the rows that came since; False when more than rows has changed.

    Args:
        connection: as a superuser.
        wanted: what the database was.
    """
    shape = connection.execute(_SHAPE, _schemas(connection)).fetchone()
    if shape is None or shape[0] != wanted.shape:
        return False
    kept = [table for table, rows in wanted.rows.items() if rows]
    if any(_count(connection, table) != wanted.rows[table] for table in kept):
        return False
    emptied = [sql.Identifier("public", table) for table, rows in wanted.rows.items() if not rows]
    if emptied:
        connection.execute(
            sql.SQL("truncate {} restart identity cascade").format(sql.SQL(", ").join(emptied))
        )
    return all(_count(connection, table) == wanted.rows[table] for table in kept)
