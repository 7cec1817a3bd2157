"""What a ranking is, and what both ways to make one have in common."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping, Sequence

from mcp_app.knowledge.embedded.language.query_terms import Term
from mesh.runtime.record import Record

# Parts of the weight that the rarest word has.
UNKNOWN_WORD = 0.7
UNKNOWN_NAME = 1.5
# Entries of a group, beyond an entry itself, that stand behind it.
BACKING = 4


# Not a record: these are made by the thousand.
class Ranked:
    """An entry's row, its BM25 (higher is better) and its coverage of the query, 0 to 1."""

    __slots__ = ("coverage", "row", "score")

    def __init__(self, row: int, score: float, coverage: float) -> None:
        self.row = row
        self.score = score
        self.coverage = coverage


class Ranking(Record):
    """The entries that hold a term, best first, and the words behind it.

    `candidates` were found. In a large table the first of them are `entries`; else all are.
    """

    entries: tuple[Ranked, ...]
    candidates: int
    terms: tuple[str, ...]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]


def rarity(total: int, holding: int) -> float:
    """IDF of a term that `holding` of `total` entries have; never negative."""
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def holders(connection: sqlite3.Connection, table: str, match: str) -> set[int]:
    """Rows of a full-text table that an expression of FTS5 matches."""
    return {row for (row,) in connection.execute(f"SELECT rowid FROM {table}(?)", (match,))}  # noqa: S608 - a table of ours


def weights_of(terms: Sequence[Term], counts: Sequence[int], total: int) -> list[float]:
    """How much of the query each term is, by how many of all entries hold it.

    A word that nothing holds is as rare as can be, but it may be one of asking. A name that
    nothing holds says that the documents are about something else.
    """
    unknown = rarity(total, 0)
    return [
        rarity(total, count)
        if count
        else unknown * (UNKNOWN_NAME if term.is_name else UNKNOWN_WORD)
        for term, count in zip(terms, counts, strict=True)
    ]


def backing_of(scores: Mapping[int, float], groups: Sequence[int]) -> dict[int, float]:
    """The mean score of each group's second to fifth best entries."""
    found: dict[int, list[float]] = {}
    for row, score in scores.items():
        found.setdefault(groups[row], []).append(score)
    for values in found.values():
        values.sort(reverse=True)
    return {group: sum(values[1 : BACKING + 1]) / BACKING for group, values in found.items()}
