"""The connection that a run writes through: one, its own role, and one run at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Format
from psycopg.types import TypeInfo

from aoma.database import URL_VARIABLE
from aoma.database.connection import CONNECT_SECONDS, EXAMPLE, refused, where
from mesh.failure import CommandFailedError

type Connection = psycopg.AsyncConnection[tuple[Any, ...]]

ROLE = "mesh_ingest"
# Anything that is nobody else's: "mesh" in ASCII, and 2 for ingestion.
_LOCK = 0x6D657368_00000002
_LOCK_TIMEOUT = "10s"
# Supabase's transaction pooler gives each transaction another session, and drops locks.
_TRANSACTION_POOLER_PORT = "6543"
_MIGRATE = "Run `mesh database migrate` first."


class Vector:
    """A vector as PostgreSQL reads it: 32-bit floats, big-endian."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        self.packed = packed


class _VectorDumper(Dumper):
    """pgvector's binary form: how many numbers, two empty bytes, the numbers."""

    format = Format.BINARY

    def dump(self, obj: Any) -> Buffer:
        return (len(obj.packed) // 4).to_bytes(2, "big") + b"\0\0" + bytes(obj.packed)


def checked(url: str | None) -> str:
    """The address of a database that a run can work with.

    Raises:
        CommandFailedError: there is none, or it cannot be read, or it is a pooler's that does
            not keep sessions. The message never repeats it: it holds a password.
    """
    if not url:
        raise CommandFailedError(
            f"Which database? Set {URL_VARIABLE} or give --database-url, such as {EXAMPLE} "
            "(Supabase: Connect, Direct connection)."
        )
    where(url)
    if str(conninfo_to_dict(url).get("port")) == _TRANSACTION_POOLER_PORT:
        raise CommandFailedError(
            "The database URL names port 6543, Supabase's transaction pooler, which keeps no "
            "session. Take the URL of the session pooler or of the database itself, port 5432."
        )
    return url


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection that may write the mesh's tables and nothing else, where that can be.

    Args:
        url: what `checked` gave.

    Raises:
        CommandFailedError: the database cannot be reached, has no tables of the mesh, does
            not let this user write them, or another run is at work.
    """
    options: dict[str, str | int] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "mesh ingest",
        # Minutes may pass between two statements while the API is asked.
        "keepalives_idle": 30,
    }
    try:
        connection = await psycopg.AsyncConnection.connect(
            make_conninfo(url, **options), autocommit=True, prepare_threshold=None
        )
    except psycopg.OperationalError as error:
        raise CommandFailedError(refused(str(error), where(url))) from error
    async with connection:
        await connection.execute(f"set lock_timeout = '{_LOCK_TIMEOUT}'")
        await connection.execute("set statement_timeout = 0")
        await _check_tables(connection)
        # As who we are: since when another run is at work, is not told to lesser roles.
        await _alone(connection)
        await _become(connection)
        await _register_vectors(connection)
        yield connection


async def _check_tables(connection: Connection) -> None:
    found = await connection.execute(
        "select count(*) from pg_attribute where attrelid = any (array["
        "to_regclass('mesh_passages'), to_regclass('mesh_tickets'), to_regclass('mesh_commits'), "
        "to_regclass('mesh_code_parts')]) and attname = 'row_digest' and not attisdropped"
    )
    row = await found.fetchone()
    if row is None or row[0] != 4:  # noqa: PLR2004 - the four tables above
        raise CommandFailedError(
            f"the database lacks the mesh's tables, or has old ones. {_MIGRATE}"
        )


async def _become(connection: Connection) -> None:
    """Take the role that may write these tables only; stay who we are if we may not."""
    try:
        await connection.execute(f"set role {ROLE}")
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue):
        found = await connection.execute(
            "select has_table_privilege('mesh_passages', 'insert, update, delete'), current_user"
        )
        row = await found.fetchone()
        if row and not row[0]:
            raise CommandFailedError(
                f"the user {row[1]} may not write the mesh's tables. As the user that ran "
                f"`mesh database migrate`: grant {ROLE} to {row[1]};"
            ) from None


async def _register_vectors(connection: Connection) -> None:
    found = await connection.execute(
        "select t.oid, t.typarray from pg_type as t join pg_attribute as a on a.atttypid = t.oid "
        "where a.attrelid = 'mesh_passages'::regclass and a.attname = 'embedding'"
    )
    row = await found.fetchone()
    if row is None:
        raise CommandFailedError(f"mesh_passages has no column embedding. {_MIGRATE}")
    info = TypeInfo("vector", row[0], row[1])
    info.register(connection)
    dumper = type("VectorDumper", (_VectorDumper,), {"oid": info.oid})
    connection.adapters.register_dumper(Vector, dumper)


async def _alone(connection: Connection) -> None:
    """Hold the lock of ingestion until the connection ends, however it ends."""
    found = await connection.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
    row = await found.fetchone()
    if row and row[0]:
        return
    found = await connection.execute(
        "select to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI') "
        "from pg_locks as l join pg_stat_activity as a using (pid) "
        "where l.locktype = 'advisory' and l.granted and l.objsubid = 1 "
        "and (l.classid::bigint << 32 | l.objid::bigint) = %s",
        (_LOCK,),
    )
    since = await found.fetchone()
    when = f", since {since[0]} UTC" if since and since[0] else ""
    raise CommandFailedError(
        f"another `mesh ingest` is at work on this database{when}. Run this again when it has "
        "ended."
    )
