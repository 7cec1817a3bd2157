"""The indexes that searches by meaning use: set aside for a first load, and built after it.

Adding 5,000 vectors of 1,536 numbers to an HNSW index took 35 s. Building the index over them
took 8 s (https://github.com/pgvector/pgvector#indexing). So a table without embeddings loses its
index while many texts are embedded at once. Searches without it are right, and slower. A table
that has embeddings keeps its index. A run that is killed in between leaves no index, and the
next run builds it.
"""

from __future__ import annotations

from psycopg import sql

from aoma.ingestion.database import ROLE, Connection
from aoma.ingestion.tables import SEARCHED, Table

type Query = sql.SQL | sql.Composed

# Below that, adding them one by one is a matter of seconds.
LEAST_TEXTS = 2_000
# What a vector of 1,536 numbers takes in the index while it is built, with its neighbours.
_BYTES_EACH = 7_000
_MOST_BYTES = 2 * 1024**3


def index_name(table: Table) -> str:
    """The index's name, as the migrations have it."""
    return f"{table.name}_embedding"


async def _one(connection: Connection, question: Query, *values: object) -> object:
    found = await connection.execute(question, values)
    row = await found.fetchone()
    return row[0] if row else None


async def _owned(connection: Connection, table: Table) -> bool:
    """Whether the user that logged in owns a table, and so may change its indexes."""
    return bool(
        await _one(
            connection,
            sql.SQL(
                "select pg_has_role(session_user, relowner, 'usage') from pg_class "
                "where oid = to_regclass(%s)"
            ),
            table.name,
        )
    )


async def _has_index(connection: Connection, table: Table) -> bool:
    return bool(
        await _one(connection, sql.SQL("select to_regclass(%s) is not null"), index_name(table))
    )


async def _as_owner(connection: Connection, *statements: Query) -> None:
    """Run statements as the user that logged in, and be the lesser role again."""
    before = await _one(connection, sql.SQL("select current_user"))
    await connection.execute("reset role")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        if before == ROLE and not connection.closed:
            await connection.execute(f"set role {ROLE}")


async def set_aside(connection: Connection) -> None:
    """Drop the index of each table in which nothing is embedded and much is going to be."""
    for table in SEARCHED:
        waiting = sql.SQL(
            "select (select count(*) from {0} where embedding is null) >= %s "
            "and not exists (select from {0} where embedding is not null)"
        ).format(sql.Identifier(table.name))
        if (
            await _has_index(connection, table)
            and await _owned(connection, table)
            and await _one(connection, waiting, LEAST_TEXTS)
        ):
            drop = sql.SQL("drop index {}").format(sql.Identifier(index_name(table)))
            await _as_owner(connection, drop)


async def _memory(connection: Connection, table: Table) -> int:
    """Kilobytes to build the index in: what it takes, within what the machine has.

    `effective_cache_size` is what the database was told of the machine's memory; a quarter
    of it does no harm. With less than it takes the index is built too, more slowly.
    """
    found = await connection.execute(
        sql.SQL(
            "select (select count(embedding) from {}), "
            "pg_size_bytes(current_setting('effective_cache_size')), "
            "pg_size_bytes(current_setting('maintenance_work_mem'))"
        ).format(sql.Identifier(table.name))
    )
    row = await found.fetchone()
    count, cache, usual = row or (0, 0, 0)
    wanted = min(int(count) * _BYTES_EACH, int(cache) // 4, _MOST_BYTES)
    return max(wanted, int(usual)) // 1024


async def complete(connection: Connection) -> list[str]:
    """Build the indexes that are not there, and tell the planner what the tables hold now.

    Gives what the rows of the tables whose index was built are called.
    """
    built = []
    for table in SEARCHED:
        if not await _owned(connection, table):
            continue
        name, index = sql.Identifier(table.name), sql.Identifier(index_name(table))
        if not await _has_index(connection, table):
            await _as_owner(
                connection,
                sql.SQL("set maintenance_work_mem = {}").format(await _memory(connection, table)),
                sql.SQL(
                    "create index {} on {} using hnsw (embedding vector_cosine_ops) "
                    "with (m = 16, ef_construction = 64)"
                ).format(index, name),
                sql.SQL("reset maintenance_work_mem"),
            )
            built.append(table.noun)
        await _as_owner(
            connection,
            sql.SQL("analyze {}").format(name),
            # Words of new rows wait in a list that every search reads.
            sql.SQL("select gin_clean_pending_list({})").format(f"{table.name}_words"),
        )
    return built
