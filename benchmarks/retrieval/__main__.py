"""`python -m benchmarks.retrieval`: prints the tables of benchmarks/retrieval/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from aoma.corpus import IndexReport
from aoma.local_supabase import LocalSupabaseError
from benchmarks.retrieval import tables
from benchmarks.retrieval.corpus import CorpusNotFetchedError, documents
from benchmarks.retrieval.embedded import embedded
from benchmarks.retrieval.figures import Asked, System, ask
from benchmarks.retrieval.questions import questions
from benchmarks.retrieval.supabase import Embeddings, NotLoadedError, supabase


def _measure(
    folder: Path, *, with_supabase: bool
) -> tuple[dict[System, list[Asked]], IndexReport, Embeddings | None]:
    wanted = questions()
    source = None
    with tempfile.TemporaryDirectory(prefix="mesh-retrieval-") as name:
        scratch = Path(name)
        with embedded(folder, scratch) as (system, report):
            results = {system: ask(system, wanted)}
        if with_supabase:
            with supabase(folder, scratch) as (systems, source):
                results |= {system: ask(system, wanted) for system in systems}
    return results, report, source


def _page(
    results: dict[System, list[Asked]], report: IndexReport, source: Embeddings | None
) -> Iterator[str]:
    kinds = [question.kind for question in questions()]
    yield (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}: "
        f"{report.documents} documents in {report.passages} passages; "
        f"{kinds.count('k')} questions in the documents' own words, {kinds.count('p')} in other "
        f"words, {kinds.count('u')} about something else."
    )
    if source:
        yield ""
        yield f"Embeddings: {source.name}." + (
            ""
            if source.has_meaning
            else " Semantic and hybrid figures measure the plumbing here, and not meaning: "
            "set OPENAI_API_KEY for a model."
        )
    for part in (tables.hit_rates, tables.distributions, tables.thresholds):
        yield ""
        yield from part(results)


def main() -> int:
    """Measure and print; 1, with one clear line, when it cannot be done."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    options.add_argument(
        "--embedded-only", action="store_true", help="without PostgreSQL and PostgREST"
    )
    given = options.parse_args()
    try:
        found = _measure(documents(), with_supabase=not given.embedded_only)
    except (CorpusNotFetchedError, NotLoadedError, LocalSupabaseError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    print("\n".join(_page(*found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
