"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from benchmarks.retrieval.figures import (
    Asked,
    Measure,
    evidence,
    hit_rate,
    median_milliseconds,
    of_kind,
)
from benchmarks.retrieval.questions import Kind

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
# Answers by the name of the search, of all corpora together.
type Results = Mapping[str, Sequence[Asked]]
KINDS: tuple[Kind, ...] = ("k", "p")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _of(asked: Iterable[Asked], corpora: Collection[str]) -> list[Asked]:
    return [one for one in asked if one.question.corpus in corpora]


def hit_rates(results: Results, corpora: Collection[str]) -> Iterator[str]:
    """Hit rates at 1, 3 and 10 by kind of question, and the median time of a search."""
    rows = []
    for name, everything in results.items():
        asked = _of(everything, corpora)
        rates = (
            f"{hit_rate(of_kind(asked, kind), first):.2f}" for kind in KINDS for first in (1, 3, 10)
        )
        rows.append((name, *rates, f"{median_milliseconds(asked):.1f} ms"))
    head = ("search", "own words, at 1", "at 3", "at 10", "other words, at 1", "at 3", "at 10")
    yield from table((*head, "median time"), rows)


def by_corpus(results: Results, corpora: Sequence[str]) -> Iterator[str]:
    """Hit rates at 1 and 3 in own words, and at 1 and 3 in other words, of each corpus."""
    rows = []
    for name, everything in results.items():
        cells = []
        for corpus in corpora:
            asked = _of(everything, {corpus})
            cells.append(
                " / ".join(
                    f"{hit_rate(of_kind(asked, kind), first):.2f}"
                    for kind in KINDS
                    for first in (1, 3)
                )
            )
        rows.append((name, *cells))
    yield from table(("search", *corpora), rows)


def thresholds(
    results: Results, measures: Mapping[str, Sequence[Measure]], corpora: Collection[str]
) -> Iterator[str]:
    """How many questions of each kind are given evidence at each threshold."""
    rows = []
    for name, everything in results.items():
        for measure in measures[name]:
            asked = _of(everything, corpora)
            cells = []
            for threshold in THRESHOLDS:
                parts = []
                for kind in ("k", "p", "n", "u"):
                    questions = of_kind(asked, kind)
                    if questions:
                        reached, right = evidence(questions, measure, threshold)
                        shown = f"{reached} ({right})" if kind in KINDS else f"{reached}"
                        parts.append(shown)
                cells.append(" / ".join(parts))
            rows.append((name, measure, *cells))
    yield from table(("search", "measure", *(f"{value:.1f}" for value in THRESHOLDS)), rows)


def counted(results: Results, corpora: Collection[str]) -> str:
    """How many questions there are of each kind, in words."""
    asked = _of(next(iter(results.values())), corpora)
    names = {
        "k": "in the documents' own words",
        "p": "in other words",
        "n": "near the subject and not in the documents",
        "u": "about something else",
    }
    kinds = {kind: len([one for one in asked if one.question.kind == kind]) for kind in names}
    return ", ".join(f"{count} {names[kind]}" for kind, count in kinds.items() if count)
