"""Ranks the entries of one full-text table for a query, with scores that are true."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Container, Iterable, Mapping, Sequence

from mcp_app.knowledge.embedded.language.query_terms import terms_of
from mcp_app.knowledge.embedded.language.stop_words import ENGLISH
from mcp_app.knowledge.embedded.rank.ranked import Ranked, Ranking, backing_of, holders, weights_of
from mcp_app.knowledge.embedded.schema import LARGE

_VERSION = re.compile(r"\d\.\d")


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
    language: str = ENGLISH,
    context: str = "",
    groups: Sequence[int] | None = None,
    changelogs: Container[int] = (),
    allowed: set[int] | None = None,
    visible: set[int] | None = None,
) -> Ranking:
    """Rank a table's entries for a query.

    An entry's place is its BM25, plus the mean of the next best of its group (a section's
    document, a part's code file): a document that says it in several places is about it. This
    is multiplied by the square root of the group's coverage, and by 1 to 1.5 for nearness: the
    share of the query's neighbouring words that stand at most four words apart in the entry.
    A changelog names every subject there is, so its entries count half, unless the query names
    a version. Chosen on three of the corpora of `benchmarks/retrieval`, and checked on others.

    Args:
        connection: one lent by `IndexFile`.
        table: a full-text table of ours.
        weights: BM25 weight of each of its columns.
        total: how many entries it has.
        query: anything at all; operators of FTS5 are words like others.
        language: the index's.
        context: further words that count for BM25 alone: they bring forward, and neither
            add nor take coverage.
        groups: the group of each row, from row 0 on; None when each entry is its own.
        changelogs: groups that are changelogs.
        allowed: rows that pass the filters; None for all.
        visible: rows that there are for this caller; None for all. Coverage, unknown words and
            rarity are as if there were no others; BM25 alone counts all.
    """
    terms, ignored = terms_of(connection, query, language)
    halved = () if _VERSION.search(query) else changelogs
    if total >= LARGE and allowed is None and visible is None and not context:
        # Small indexes do without them.
        from mcp_app.knowledge.embedded.rank.common_terms import common_terms
        from mcp_app.knowledge.embedded.rank.pruned_ranking import rank_pruned

        common = common_terms(connection, table, terms, language)
        if common:
            return rank_pruned(
                *(connection, table, weights, terms, common),
                total=total,
                groups=groups,
                halved=halved,
                ignored=ignored,
            )
    # One look-up per term gives both how rare it is and which entries hold it.
    held = [holders(connection, table, term.match) for term in terms]
    if visible is not None:
        held = [rows & visible for rows in held]
        total = len(visible)
        allowed = visible if allowed is None else allowed & visible
    parts = weights_of(terms, [len(rows) for rows in held], total)
    whole = sum(parts)
    shares = [part / whole for part in parts]
    covered = _shares(zip(shares, held, strict=True))
    grouped = covered
    if groups is not None:
        sets = ({groups[row] for row in rows} for rows in held)
        grouped = _shares(zip(shares, sets, strict=True))
    near = _shares(
        (
            (shares[at] + shares[at + 1]) / 2,
            holders(connection, table, f"NEAR({terms[at].phrase} {terms[at + 1].phrase}, 4)"),
        )
        for at in range(len(terms) - 1)
        if held[at] and held[at + 1]
    )
    known = [term.match for term, rows in zip(terms, held, strict=True) if rows]
    scores: dict[int, float] = {}
    if known:
        if context:
            both, _ = terms_of(connection, f"{query} {context}", language)
            known += [term.match for term in both[len(terms) :]]
        listed = ", ".join(str(weight) for weight in weights.values())
        scores = {
            row: score
            for row, score in connection.execute(
                f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)",  # noqa: S608 - names and numbers of ours
                (" OR ".join(known),),
            )
            if row in covered and (allowed is None or row in allowed)
        }
    backing = {} if groups is None else backing_of(scores, groups)
    places: list[tuple[float, int, Ranked]] = []
    for row, score in scores.items():
        group = row if groups is None else groups[row]
        place = score + backing.get(group, 0.0)
        place *= math.sqrt(grouped[group]) * (1 + near.get(row, 0.0) / 2)
        if group in halved:
            place /= 2
        # A sum of floats may end a hair above the whole.
        places.append((-place, row, Ranked(row, score, min(1.0, covered[row]))))
    places.sort()
    return Ranking(
        entries=tuple(entry for _, _, entry in places),
        candidates=len(places),
        terms=tuple(term.word for term in terms),
        unknown=tuple(term.word for term, rows in zip(terms, held, strict=True) if not rows),
        ignored=tuple(ignored),
    )
