"""Counts what searches found: hit rates, and how sure they were when right and when wrong."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.retrieval.questions import Kind, Question
from mcp_app.knowledge.results import Passage

# Passages looked at for each question.
DEPTH = 10
type Measure = Literal["coverage", "similarity"]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, by its document."""

    document: str
    coverage: float | None = None
    similarity: float | None = None


type Search = Callable[[str], Sequence[Passage | Hit]]


@dataclass(frozen=True, slots=True)
class System:
    """Something that is asked.

    Attributes:
        name: as the table shows it.
        measures: what its thresholds are about; none for a search of others.
        search: gives the first `DEPTH` passages for a query, whatever their scores.
    """

    name: str
    measures: tuple[Measure, ...]
    search: Search


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the passages found for it and how long that took."""

    question: Question
    hits: tuple[Passage | Hit, ...]
    milliseconds: float

    def right(self, first: int = DEPTH) -> list[Passage | Hit]:
        """Those of the first passages that are from a right document."""
        return [hit for hit in self.hits[:first] if self.question.answered_by(hit.document)]


def ask(system: System, questions: Iterable[Question]) -> list[Asked]:
    """Put every question, one after the other."""
    asked = []
    for question in questions:
        began = time.perf_counter()
        hits = tuple(system.search(question.text))
        asked.append(Asked(question, hits, (time.perf_counter() - began) * 1000))
    return asked


def of_kind(asked: Iterable[Asked], kind: Kind) -> list[Asked]:
    """The questions of one kind."""
    return [one for one in asked if one.question.kind == kind]


def hit_rate(asked: Sequence[Asked], first: int) -> float:
    """Share of the questions with a right document among the first passages, 0 to 1."""
    return sum(bool(one.right(first)) for one in asked) / len(asked)


def median_milliseconds(asked: Iterable[Asked]) -> float:
    """Half of the searches took less; without the first, which opens connections."""
    return statistics.median([one.milliseconds for one in asked][1:])


def _value(hit: Passage | Hit, measure: Measure) -> float:
    return (hit.coverage if measure == "coverage" else hit.similarity) or 0.0


def evidence(asked: Iterable[Asked], measure: Measure, threshold: float) -> tuple[int, int]:
    """Questions for which a passage reaches the threshold, and of these: a right one does."""
    reached = right = 0
    for one in asked:
        reached += any(_value(hit, measure) >= threshold for hit in one.hits)
        right += any(_value(hit, measure) >= threshold for hit in one.right())
    return reached, right
