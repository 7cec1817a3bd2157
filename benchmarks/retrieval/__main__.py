"""`python -m benchmarks.retrieval`: prints the tables of benchmarks/retrieval/README.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aoma.local_supabase import LocalSupabaseError
from aoma.optional_packages import PackagesNotInstalledError, install
from benchmarks.retrieval import tables
from benchmarks.retrieval.corpus import STEMMERS, TUNED, CorpusNotFetchedError, documents
from benchmarks.retrieval.embedded import embedded
from benchmarks.retrieval.figures import Asked, Measure, System, ask
from benchmarks.retrieval.peers import peers
from benchmarks.retrieval.questions import questions
from benchmarks.retrieval.supabase import NotLoadedError, supabase


@dataclass
class _Measured:
    """Answers and measures by the name of the search; and what was searched."""

    results: dict[str, list[Asked]] = field(default_factory=dict)
    measures: dict[str, Sequence[Measure]] = field(default_factory=dict)
    corpora: dict[str, tuple[int, int]] = field(default_factory=dict)
    embeddings: str | None = None

    def ask(self, corpus: str, systems: Iterator[System] | Sequence[System]) -> None:
        """Put a corpus's questions to the searches over it."""
        wanted = [question for question in questions() if question.corpus == corpus]
        for system in systems:
            self.results.setdefault(system.name, []).extend(ask(system, wanted))
            self.measures[system.name] = system.measures


def _measure(folders: Mapping[str, Path], *, with_supabase: bool) -> _Measured:
    measured = _Measured()
    with tempfile.TemporaryDirectory(prefix="mesh-retrieval-") as name:
        scratch = Path(name)
        for corpus, folder in folders.items():
            file = scratch / f"{corpus}.sqlite3"
            with embedded(folder, file) as (system, report):
                measured.ask(corpus, [system])
            measured.corpora[corpus] = (report.documents, report.passages)
            measured.ask(corpus, peers(file, STEMMERS.get(corpus, "english")))
            if with_supabase:
                with supabase(folder, scratch / corpus) as (systems, source):
                    measured.ask(corpus, systems)
                    measured.embeddings = source.name
    return measured


def _page(measured: _Measured) -> Iterator[str]:
    sizes = ", ".join(
        f"{name} ({documents} documents, {passages} passages)"
        for name, (documents, passages) in measured.corpora.items()
    )
    yield (
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} processors, Python {platform.python_version()}: {sizes}."
    )
    if measured.embeddings:
        yield ""
        yield f"Embeddings: {measured.embeddings}."
    unseen = [name for name in measured.corpora if name not in TUNED]
    tuned = [name for name in measured.corpora if name in TUNED]
    for title, corpora in (("Not tuned on", unseen), ("Tuned on", tuned)):
        if not corpora:
            continue
        yield from ("", f"### {title}: {', '.join(corpora)}", "")
        yield f"{tables.counted(measured.results, corpora)}.".capitalize()
        yield ""
        yield from tables.hit_rates(measured.results, corpora)
        yield ""
        yield from tables.thresholds(measured.results, measured.measures, corpora)
    yield from ("", "### Each corpus", "")
    yield from tables.by_corpus(measured.results, [*measured.corpora])


def main() -> int:
    """Measure and print; 1, with one clear line, when it cannot be done."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    options.add_argument(
        "--embedded-only", action="store_true", help="without PostgreSQL and PostgREST"
    )
    options.add_argument("--corpus", action="append", help="only this one; may be repeated")
    given = options.parse_args()
    try:
        install("peers/search")
        folders = documents()
        if unknown := set(given.corpus or ()) - folders.keys():
            options.error(f"--corpus {', '.join(unknown)}: known are {', '.join(folders)}")
        chosen = {name: folders[name] for name in given.corpus or folders}
        measured = _measure(chosen, with_supabase=not given.embedded_only)
    except (
        *(CorpusNotFetchedError, NotLoadedError, LocalSupabaseError),
        PackagesNotInstalledError,
    ) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    print("\n".join(_page(measured)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
