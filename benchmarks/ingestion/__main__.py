"""`python -m benchmarks.ingestion`: prints the tables of benchmarks/ingestion/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aoma.database.migrate import migrate
from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.stack import LocalSupabase
from benchmarks.ingestion.computing import available, compute
from benchmarks.ingestion.corpus import Made, make
from benchmarks.ingestion.embedder import embedder
from benchmarks.ingestion.loading import Load, LoadFailedError, load
from benchmarks.ingestion.searching import MODES, Latency, cases, measure


def load_all(
    supabase: LocalSupabase, made: Made, variables: dict[str, str], log: Path
) -> Iterator[Load]:
    """A first load, an addition to what is there, and a run that finds nothing to do."""
    variables = variables | {"MESH_DATABASE_URL": supabase.database_url}
    first = ("--documents", made.handbook, "--jira", made.tickets)
    # The tickets are for everybody: readers are named by run.
    yield load("the first documents", variables, log, *first[:2], "--readers", "group:staff")
    yield load("tickets", variables, log, *first[2:])
    yield load("more documents", variables, log, "--documents", made.public)
    yield load("nothing new", variables, log, "--documents", made.public, *first[2:])


def sizes(supabase: LocalSupabase) -> Iterator[tuple[str, int]]:
    """What the database takes, in bytes."""
    with supabase.connect() as connection:
        for name in ("mesh_passages", "mesh_tickets"):
            row = connection.execute(
                "select pg_table_size(%s), pg_relation_size(%s), pg_relation_size(%s)",
                (name, f"{name}_words", f"{name}_embedding"),
            ).fetchone()
            table, words, vectors = row or (0, 0, 0)
            yield f"{name}: rows and embeddings", table
            yield f"{name}: index of words", words
            yield f"{name}: index of embeddings", vectors
        row = connection.execute("select pg_database_size(current_database())").fetchone()
        yield "the whole database", row[0] if row else 0


def _loads(loads: list[Load]) -> Iterator[str]:
    yield "| `mesh ingest` of | time | of it reading | writing | embedding | indexing | memory |"
    yield "|---|---|---|---|---|---|---|"
    for one in loads:
        steps = " | ".join(
            f"{one.steps[name]:.0f} s" if name in one.steps else "-"
            for name in ("reading", "writing", "embedding", "indexing")
        )
        yield f"| {one.what} | {one.seconds:.0f} s | {steps} | {one.peak_mb:.0f} MB |"


def _latencies(latencies: list[Latency]) -> Iterator[str]:
    yield "| search | mode | p50 | p99 | mean hits | searches |"
    yield "|---|---|---|---|---|---|"
    for one in latencies:
        yield (
            f"| {one.case} | {one.mode} | {one.p50_ms:.0f} ms | {one.p99_ms:.0f} ms "
            f"| {one.hits:.1f} | {one.count} |"
        )


def run(folder: Path, *, passages: int, tickets: int, queries: int) -> Iterator[str]:
    """Measure, and give the lines of the page as they come."""
    yield (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}: {passages:,} passages "
        f"and {tickets:,} tickets."
    )
    made = make(folder, passages=passages, tickets=tickets, queries=queries)
    with LocalSupabase(folder / "supabase") as supabase:
        with supabase.connect() as connection:
            migrate(connection)
        supabase.reload_schema()
        with embedder() as variables:
            yield ""
            yield from _loads(list(load_all(supabase, made, variables, folder / "log")))
        yield ""
        yield "| in the database | size |"
        yield "|---|---|"
        yield from (f"| {name} | {size / 1024**2:.0f} MB |" for name, size in sizes(supabase))
        yield ""
        yield f"Load average while searching: {os.getloadavg()[0]:.1f}."
        yield ""
        found = [
            measure(supabase, case, mode, made.queries)
            for case in cases(supabase)
            for mode in MODES
        ]
        yield from _latencies(found)
        if available():
            yield ""
            yield "The same by the time that PostgreSQL computed, whatever else ran here:"
            yield ""
            yield from _latencies(
                [
                    compute(supabase, case, mode, made.queries)
                    for case in cases(supabase)
                    for mode in MODES
                ]
            )


def main() -> int:
    """Run it all; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingestion")
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=103)
    asked = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="mesh-scale-") as folder:
            # PostgreSQL may run as another user than this one.
            Path(folder).chmod(0o755)
            for line in run(Path(folder), **vars(asked)):
                print(line, flush=True)
    except (LocalSupabaseError, LoadFailedError) as error:
        print(f"benchmarks.ingestion: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
