"""What a large index knows of its terms; see `aoma.corpus.common_terms`, which writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mcp_app.knowledge.embedded.language.query_terms import Term, stems_of
from mesh.runtime.record import Record


class CommonTerm(Record):
    """A term in more entries than a search scores.

    Attributes:
        holding: how many entries hold it.
        scores: BM25 of all entries that hold it, by their rows; of its best ones, best first,
            where a search would have too many to read.
        least: that of the last of them; no other entry's is higher where these are the best.
        bits: a bit for each row, whether it holds the term; empty where `scores` has all.
    """

    holding: int
    scores: dict[int, float]
    least: float
    bits: bytes

    @property
    def is_whole(self) -> bool:
        """Whether the list has every entry that holds the term."""
        return not self.bits

    def held_by(self, row: int) -> bool:
        """Whether an entry that is not in the list holds the term."""
        return not self.is_whole and bool(self.bits[row >> 3] >> (row & 7) & 1)


def common_terms(
    connection: sqlite3.Connection, table: str, terms: Sequence[Term], language: str
) -> dict[int, CommonTerm]:
    """The query's terms that the build has lists of, by their places in it.

    Terms of several tokens are never among them. Of an identifier with a list, only the whole
    counts, not its parts side by side.
    """
    found: dict[int, CommonTerm] = {}
    for place, stem in enumerate(stems_of(connection, [term.word for term in terms], language)):
        if len(stem) != 1:
            continue
        row = connection.execute(
            "SELECT holding, best, scores, bits FROM common_terms WHERE name = ? AND term = ?",
            (table, stem[0]),
        ).fetchone()
        if row is not None:
            holding, best, scores, bits = row
            values: list[float] = memoryview(scores).cast("f").tolist()  # type: ignore[assignment]
            by_row = dict(zip(memoryview(best).cast("I").tolist(), values, strict=True))
            found[place] = CommonTerm(holding, by_row, values[-1], bits)
    return found
