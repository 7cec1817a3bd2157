"""The figures as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.retrieval.figures import (
    Asked,
    System,
    evidence,
    hit_rate,
    median_milliseconds,
    of_kind,
    quantiles,
    values_when_right,
    values_when_wrong,
)

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
type Results = Mapping[System, Sequence[Asked]]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def hit_rates(results: Results) -> Iterator[str]:
    """Hit rates at 1 and at 5 by kind of question, and the median time of a search."""
    rows = [
        (
            system.name,
            *(
                f"{hit_rate(of_kind(asked, kind), first):.2f}"
                for kind in ("k", "p")
                for first in (1, 5)
            ),
            f"{median_milliseconds(asked):.0f} ms",
        )
        for system, asked in results.items()
    ]
    head = ("search", "own words, at 1", "at 5", "other words, at 1", "at 5", "median time")
    yield from _table(head, rows)


def _spread(values: Sequence[float]) -> str:
    found = quantiles(values)
    return " / ".join(f"{value:.2f}" for value in found) if found else "-"


def distributions(results: Results) -> Iterator[str]:
    """What a threshold is compared with, of right and of wrong passages."""
    rows = [
        (
            system.name,
            measure,
            _spread(values_when_right(of_kind(asked, "k"), measure)),
            _spread(values_when_right(of_kind(asked, "p"), measure)),
            _spread(values_when_wrong([*of_kind(asked, "k"), *of_kind(asked, "p")], measure)),
            _spread(values_when_wrong(of_kind(asked, "u"), measure)),
        )
        for system, asked in results.items()
        for measure in system.measures
    ]
    head = ("search", "measure", "right, own words", "right, other words")
    yield from _table((*head, "best wrong one", "best, not in the documents"), rows)


def thresholds(results: Results) -> Iterator[str]:
    """How many questions are given evidence, and how many of these any that is right."""
    rows = []
    for system, asked in results.items():
        for measure in system.measures:
            cells = []
            for threshold in THRESHOLDS:
                own, other, none = (
                    evidence(of_kind(asked, kind), measure, threshold) for kind in ("k", "p", "u")
                )
                cells.append(f"{own[0]} ({own[1]}) / {other[0]} ({other[1]}) / {none[0]}")
            rows.append((system.name, measure, *cells))
    yield from _table(("search", "measure", *(f"{value:.1f}" for value in THRESHOLDS)), rows)
