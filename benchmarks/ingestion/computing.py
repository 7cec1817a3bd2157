"""How long PostgreSQL computes for a search, whatever else this machine does meanwhile.

Time on a processor, as Linux counts it for the process that serves a connection
(https://docs.kernel.org/scheduler/sched-stats.html). Elsewhere it is not measured.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import sql

from aoma.local_supabase.stack import LocalSupabase
from benchmarks.ingestion.searching import WARM, Case, Latency, vectors_of


def _computed_ms(process: int) -> float:
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e6


def available() -> bool:
    """Whether this machine counts it."""
    return Path("/proc/self/schedstat").is_file()


def compute(supabase: LocalSupabase, case: Case, mode: str, queries: Sequence[str]) -> Latency:
    """Ask every query on one connection, as PostgREST would for this caller."""
    took, hits = [], []
    given = sql.SQL(", ").join(
        sql.SQL("{} => %s").format(sql.Identifier(name)) for name in case.filters
    )
    call = sql.SQL("select count(*) from {}(%s, %s, %s, 15, 0{})").format(
        sql.Identifier(f"mesh_search_{case.function}"),
        sql.SQL(", ") + given if case.filters else sql.SQL(""),
    )
    with supabase.connect() as connection:
        connection.execute("set search_path = public, extensions")
        connection.execute(sql.SQL("set role {}").format(sql.Identifier(str(case.claims["role"]))))
        connection.execute(
            "select set_config('request.jwt.claims', %s, false)", (json.dumps(case.claims),)
        )
        process = connection.info.backend_pid
        for query, vector in zip(queries, vectors_of(queries), strict=True):
            values: list[Any] = [query, None if mode == "keyword" else vector, mode]
            before = _computed_ms(process)
            row = connection.execute(call, [*values, *case.filters.values()]).fetchone()
            took.append(_computed_ms(process) - before)
            hits.append(row[0] if row else 0)
    took, hits = took[WARM:], hits[WARM:]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return Latency(case.name, mode, len(took), statistics.mean(hits), cuts[49], cuts[98])
