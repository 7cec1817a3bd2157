"""Ranks the entries of one full-text table for a query, with scores that are true."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from mcp_app.knowledge.embedded.query_terms import terms_of
from mesh.runtime.record import Record


# Not a record: these are made by the thousand.
class Ranked:
    """An entry's row, its BM25 (higher is better) and its coverage of the query, 0 to 1."""

    __slots__ = ("coverage", "row", "score")

    def __init__(self, row: int, score: float, coverage: float) -> None:
        self.row = row
        self.score = score
        self.coverage = coverage


class Ranking(Record):
    """Every entry that holds a term, best first, and the words behind it."""

    entries: tuple[Ranked, ...]
    terms: tuple[str, ...]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]


def rarity(total: int, holding: int) -> float:
    """IDF of a term that `holding` of `total` entries have; never negative."""
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def _holders(connection: sqlite3.Connection, table: str, match: str) -> set[int]:
    return {row for (row,) in connection.execute(f"SELECT rowid FROM {table}(?)", (match,))}  # noqa: S608 - a table of ours


def _shares(found: Iterable[tuple[float, Iterable[int]]]) -> dict[int, float]:
    """The sum of the weights that each row is found with."""
    shares: dict[int, float] = {}
    for weight, rows in found:
        for row in rows:
            shares[row] = shares.get(row, 0.0) + weight
    return shares


def rank(
    connection: sqlite3.Connection,
    table: str,
    weights: Mapping[str, float],
    *,
    total: int,
    query: str,
    context: str = "",
    groups: Sequence[int] | None = None,
    allowed: set[int] | None = None,
) -> Ranking:
    """Rank a table's entries for a query.

    An entry's place is its BM25, times the coverage of the whole group it belongs to, times
    1 + its nearness. The group (a section's document, a part's code file) brings forward
    what is about all of the query and says it in several places. Nearness, 0 to 1, is the
    share of the query's neighbouring words that stand at most four words apart in the entry.
    Compared on judged questions, see `tests/unit/mcp_app/knowledge/test_search_quality.py`.

    Args:
        connection: one lent by `IndexFile`.
        table: a full-text table of ours.
        weights: BM25 weight of each of its columns.
        total: how many entries it has.
        query: anything at all; operators of FTS5 are words like others.
        context: further words that count for BM25 alone: they bring forward, and neither
            add nor take coverage.
        groups: the group of each row, from row 0 on; None when each entry is its own.
        allowed: rows that pass the filters; None for all.
    """
    terms, ignored = terms_of(connection, query)
    # One look-up per term gives both how rare it is and which entries hold it.
    holders = [_holders(connection, table, term.match) for term in terms]
    rarities = [rarity(total, len(rows)) for rows in holders]
    whole = sum(rarities)
    shares = [weight / whole for weight in rarities]
    covered = _shares(zip(shares, holders, strict=True))
    grouped = covered
    if groups is not None:
        sets = ({groups[row] for row in rows} for rows in holders)
        grouped = _shares(zip(shares, sets, strict=True))
    near = _shares(
        (
            (shares[at] + shares[at + 1]) / 2,
            _holders(connection, table, f"NEAR({terms[at].phrase} {terms[at + 1].phrase}, 4)"),
        )
        for at in range(len(terms) - 1)
        if holders[at] and holders[at + 1]
    )
    places: list[tuple[float, int, Ranked]] = []
    known = [term.match for term, rows in zip(terms, holders, strict=True) if rows]
    if known:
        if context:
            both, _ = terms_of(connection, f"{query} {context}")
            known += [term.match for term in both[len(terms) :]]
        listed = ", ".join(str(weight) for weight in weights.values())
        for row, score in connection.execute(
            f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)",  # noqa: S608 - names and numbers of ours
            (" OR ".join(known),),
        ):
            if row in covered and (allowed is None or row in allowed):
                group = row if groups is None else groups[row]
                place = score * grouped[group] * (1 + near.get(row, 0.0))
                # A sum of floats may end a hair above the whole.
                places.append((-place, row, Ranked(row, score, min(1.0, covered[row]))))
    places.sort()
    return Ranking(
        entries=tuple(entry for _, _, entry in places),
        terms=tuple(term.word for term in terms),
        unknown=tuple(term.word for term, rows in zip(terms, holders, strict=True) if not rows),
        ignored=tuple(ignored),
    )
