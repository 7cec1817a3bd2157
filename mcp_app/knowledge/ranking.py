"""Ranks the entries of one full-text table for a query, with scores that are true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcp_app.knowledge.terms import indexable, query_words, quoted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Set

# Distinct words searched for; a pasted page of text has more, and its first ones decide.
LIMIT_TERMS = 64


@dataclass(frozen=True, slots=True)
class Term:
    """A distinct stem of the query: the word as asked, and how FTS5 is asked for it."""

    word: str
    match: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry's row, its BM25 (higher is better) and its coverage of the query, 0 to 1."""

    row: int
    score: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Ranking:
    """Every entry that holds a term, best first, and the words behind it."""

    entries: tuple[Ranked, ...]
    terms: tuple[str, ...]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]


def terms_of(connection: sqlite3.Connection, query: str) -> tuple[list[Term], list[str]]:
    """The distinct terms of a query, at most 64, and the words that were beyond that.

    Args:
        connection: one with the tables `query_words` and `query_stems`.
        query: anything at all; what is no word in it is left out.
    """
    words = query_words(query)
    connection.executemany(
        "INSERT INTO query_words (rowid, word) VALUES (?, ?)", enumerate(map(indexable, words))
    )
    stems: dict[int, tuple[str, ...]] = {}
    for row, stem in connection.execute("SELECT doc, term FROM query_stems ORDER BY doc, offset"):
        stems[row] = (*stems.get(row, ()), stem)
    connection.execute("INSERT INTO query_words (query_words) VALUES ('delete-all')")
    distinct: dict[tuple[str, ...], Term] = {}
    for row, stem in sorted(stems.items()):
        distinct.setdefault(stem, Term(words[row], quoted(words[row])))
    terms = list(distinct.values())
    return terms[:LIMIT_TERMS], [term.word for term in terms[LIMIT_TERMS:]]


def rarity(total: int, holding: int) -> float:
    """IDF of a term that `holding` of `total` entries have; never negative."""
    return math.log(1 + (total - holding + 0.5) / (holding + 0.5))


def _order(entry: Ranked) -> tuple[float, float, int]:
    return (-entry.coverage, -entry.score, entry.row)


def rank(
    connection: sqlite3.Connection,
    table: str,
    weights: Mapping[str, float],
    total: int,
    query: str,
    allowed: Set[int] | None = None,
) -> Ranking:
    """Rank a table's entries for a query.

    Args:
        connection: one lent by `IndexFile`.
        table: a full-text table of ours.
        weights: BM25 weight of each of its columns.
        total: how many entries it has.
        query: anything at all; operators of FTS5 are words like others.
        allowed: rows that pass the filters; None for all.
    """
    terms, ignored = terms_of(connection, query)
    # One look-up per term gives both how rare it is and which entries hold it.
    holders = [
        {row for (row,) in connection.execute(f"SELECT rowid FROM {table}(?)", (term.match,))}  # noqa: S608 - a table of ours
        for term in terms
    ]
    rarities = [rarity(total, len(rows)) for rows in holders]
    whole = sum(rarities)
    covered: dict[int, float] = {}
    for rows, weight in zip(holders, rarities, strict=True):
        for row in rows if allowed is None else rows & allowed:
            covered[row] = covered.get(row, 0.0) + weight
    known = [term for term, rows in zip(terms, holders, strict=True) if rows]
    entries: list[Ranked] = []
    if covered:
        listed = ", ".join(str(weight) for weight in weights.values())
        scores = connection.execute(
            f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)",  # noqa: S608 - names and numbers of ours
            (" OR ".join(term.match for term in known),),
        )
        entries = [
            # A sum of floats may end a hair above the whole.
            Ranked(row, score, min(1.0, covered[row] / whole))
            for row, score in scores
            if row in covered
        ]
    return Ranking(
        entries=tuple(sorted(entries, key=_order)),
        terms=tuple(term.word for term in terms),
        unknown=tuple(term.word for term, rows in zip(terms, holders, strict=True) if not rows),
        ignored=tuple(ignored),
    )
