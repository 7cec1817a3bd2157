"""A plan for much takes longer than one for little, and not its square."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from aoma.ingestion.database import Connection, connected
from aoma.ingestion.plan import Plan, make_plan
from aoma.ingestion.reader import Entry, Source
from aoma.ingestion.snapshot import Embedding, Known, Snapshot, snapshot
from aoma.local_supabase.stack import LocalSupabase

MODEL = Embedding("text-embedding-3-small", 1536)
TICKETS = Source("tickets", "AOMA")


@asynccontextmanager
async def planned(
    supabase: LocalSupabase, found: Snapshot, replaced: Embedding | None = None
) -> AsyncIterator[tuple[Connection, Plan]]:
    async with connected(supabase.database_url) as connection:
        yield connection, await make_plan(connection, found, [TICKETS], MODEL, replaced)


def tickets(count: int) -> Iterator[Entry]:
    for number in range(count):
        key = f"AOMA-{number}"
        row = {"key": key, "summary": f"Summary {number}", "labels": [], "description": "Text."}
        yield Entry("mesh_tickets", key, None, row)


def same(found: Snapshot) -> Iterator[Known]:
    wanted = found.rows("SELECT id, unit, digest, row_digest FROM wanted")
    for key, unit, digest, row_digest in list(wanted):
        yield Known(key, unit, digest, row_digest, embedded=True)


@pytest.mark.parametrize("replaced", [None, Embedding("text-embedding-ada-002", 1536)])
def test_a_plan_for_20000_tickets_takes_seconds(
    supabase: LocalSupabase, replaced: Embedding | None
) -> None:
    async def compared() -> Plan:
        with snapshot() as found:
            found.want(0, tickets(20_000), MODEL, None)
            found.know(0, "mesh_tickets", same(found))
            found.complete()
            async with planned(supabase, found, replaced) as (_, plan):
                return plan

    began = time.monotonic()
    plan = asyncio.run(compared())
    # Compared one with all the others it was minutes.
    assert time.monotonic() - began < 30
    assert plan.sources[0].unchanged == 20_000
    assert plan.texts == (20_000 if replaced else 0)
