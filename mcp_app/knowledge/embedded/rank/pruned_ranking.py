"""Ranks the entries of a large full-text table, without scoring its common terms' entries.

A rare term's entries are all scored. Those of others have the scores that the build stored: all of
them, or the best. For the first candidates, one bit tells whether they hold such a term too. An
entry is missed if no other term finds it and it is not among a common term's best.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Container, Mapping, Sequence
from heapq import nlargest

from mcp_app.knowledge.embedded.language.query_terms import Term
from mcp_app.knowledge.embedded.rank.common_terms import CommonTerm
from mcp_app.knowledge.embedded.rank.ranked import Ranked, Ranking, backing_of, holders, weights_of

# Looked at more closely than by the sum of their scores.
FIRST = 400


def rank_pruned(
    connection: sqlite3.Connection,
    table: str,
    weights: Mapping[str, float],
    terms: Sequence[Term],
    common: Mapping[int, CommonTerm],
    *,
    total: int,
    groups: Sequence[int] | None,
    halved: Container[int],
    ignored: Sequence[str],
) -> Ranking:
    """The first entries of a table for a query; see `ranking.rank` for the order.

    Args:
        connection: one lent by `IndexFile`.
        table: a full-text table of ours.
        weights: BM25 weight of each of its columns.
        terms: the query's.
        common: those of them that the build knows as common, by their places.
        total: how many entries the table has.
        groups: the group of each row, from row 0 on; None when each entry is its own.
        halved: groups whose entries count half.
        ignored: words of the query beyond the limit.
    """
    listed = ", ".join(str(weight) for weight in weights.values())
    select = f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)"  # noqa: S608 - names and numbers of ours
    found = [
        common[place].scores
        if place in common
        else dict(connection.execute(select, (term.match,)).fetchall())
        for place, term in enumerate(terms)
    ]
    counts = [
        common[place].holding if place in common else len(rows) for place, rows in enumerate(found)
    ]
    parts = weights_of(terms, counts, total)
    whole = sum(parts)
    shares = [part / whole for part in parts]
    scores: dict[int, float] = {}
    for rows in found:
        for row, score in rows.items():
            scores[row] = scores.get(row, 0.0) + score
    first = nlargest(FIRST, scores, key=scores.__getitem__)
    covered = _covered(found, shares, common, first, scores)
    grouped: Mapping[int, float] = covered
    backing: Mapping[int, float] = {}
    if groups is not None:
        grouped = _grouped(found, shares, groups, {groups[row] for row in first})
        backing = backing_of({row: scores[row] for row in first}, groups)
    cut = {place for place, one in common.items() if not one.is_whole}
    near = _near(connection, table, terms, shares, {*range(len(terms))} - cut)
    places: list[tuple[float, int, Ranked]] = []
    for row in first:
        group = row if groups is None else groups[row]
        place = scores[row] + backing.get(group, 0.0)
        place *= math.sqrt(grouped[group]) * (1 + near.get(row, 0.0) / 2)
        if group in halved:
            place /= 2
        places.append((-place, row, Ranked(row, scores[row], min(1.0, covered[row]))))
    places.sort()
    return Ranking(
        entries=tuple(entry for _, _, entry in places),
        candidates=len(scores),
        terms=tuple(term.word for term in terms),
        unknown=tuple(term.word for term, count in zip(terms, counts, strict=True) if not count),
        ignored=tuple(ignored),
    )


def _covered(
    found: Sequence[Mapping[int, float]],
    shares: Sequence[float],
    common: Mapping[int, CommonTerm],
    first: Sequence[int],
    scores: dict[int, float],
) -> dict[int, float]:
    """The share of the query that each entry holds; what the lists lack is added to its score."""
    covered = dict.fromkeys(first, 0.0)
    for place, share in enumerate(shares):
        rows, known = found[place], common.get(place)
        for row in first:
            if row in rows:
                covered[row] += share
            elif known is not None and known.held_by(row):
                covered[row] += share
                scores[row] += known.least
    return covered


def _near(
    connection: sqlite3.Connection,
    table: str,
    terms: Sequence[Term],
    shares: Sequence[float],
    rare: Container[int],
) -> dict[int, float]:
    """The share of the query's neighbouring rare words that each entry has near each other."""
    near: dict[int, float] = {}
    for at in range(len(terms) - 1):
        if at in rare and at + 1 in rare:
            match = f"NEAR({terms[at].phrase} {terms[at + 1].phrase}, 4)"
            for row in holders(connection, table, match):
                near[row] = near.get(row, 0.0) + (shares[at] + shares[at + 1]) / 2
    return near


def _grouped(
    found: Sequence[Mapping[int, float]],
    shares: Sequence[float],
    groups: Sequence[int],
    wanted: Container[int],
) -> dict[int, float]:
    """The share of the query that each wanted group holds, in whichever of its entries."""
    grouped: dict[int, float] = {}
    for share, rows in zip(shares, found, strict=True):
        for group in {groups[row] for row in rows}:
            if group in wanted:
                grouped[group] = grouped.get(group, 0.0) + share
    return grouped
