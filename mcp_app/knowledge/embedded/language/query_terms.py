"""The distinct terms of a query: words that the tokenizer reduces to one stem are one term."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from mcp_app.knowledge.embedded.language.languages import tokenizer
from mcp_app.knowledge.embedded.language.stop_words import ENGLISH
from mcp_app.knowledge.embedded.language.terms import (
    expression,
    indexable,
    is_name,
    query_words,
    quoted,
)
from mesh.runtime.record import Record

# Distinct words searched for; a pasted page of text has more, and its first ones decide.
LIMIT_TERMS = 64
# Letters of a word, a plural's s aside, that Porter's rules leave the first two of.
LONG = 6

# A table of one query's words, for SQLite's own tokenizer to stem them as the index's were.
_STEMMER = """
CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_words
    USING fts5(word, content='', tokenize='{tokenizer}');
CREATE VIRTUAL TABLE IF NOT EXISTS temp.query_stems
    USING fts5vocab(temp, query_words, instance);
"""


class Term(Record):
    """A distinct stem of the query: the word as asked, and how FTS5 is asked for it.

    Attributes:
        is_name: whether it is spelled as a name; see `terms.is_name`.
    """

    word: str
    match: str
    phrase: str
    is_name: bool


def terms_of(
    connection: sqlite3.Connection, query: str, language: str = ENGLISH
) -> tuple[list[Term], list[str]]:
    """The distinct terms of a query, at most 64, and the words that were beyond that.

    Args:
        connection: one lent by `IndexFile`.
        query: anything at all; what is no word in it is left out.
        language: the index's.
    """
    words = query_words(query, language)
    if language != ENGLISH or not surely_distinct(words):
        words = _one_of_each_stem(connection, words, language)
    # Without the signs and blanks before it.
    beginning = query.lstrip(" \t\r\n\"'([{<*#-.")
    terms = [
        Term(
            word,
            expression(word, language),
            quoted(word, language),
            is_name(word, first=beginning.startswith(word), language=language),
        )
        for word in words[:LIMIT_TERMS]
    ]
    return terms, words[LIMIT_TERMS:]


def surely_distinct(words: Sequence[str]) -> bool:
    """Whether no two of these words can have one stem, by their first letters alone.

    A stem begins as its word does. Most queries have few words, and the tables that SQLite's
    stemmer needs take longer to make than such a query takes to run.
    """
    # By first letter, the second ones; none where the stem may have another.
    starts: dict[str, str] = {}
    for word in words:
        if not (word.isascii() and word.isalnum()):
            return False
        lower = word.lower()
        seconds = starts.get(lower[0])
        if seconds is None:
            starts[lower[0]] = lower[1] if stem_keeps_two_letters(lower) else ""
        elif not (seconds and stem_keeps_two_letters(lower) and lower[1] not in seconds):
            return False
        else:
            starts[lower[0]] += lower[1]
    return True


def stem_keeps_two_letters(word: str) -> bool:
    """Whether the stem of a word of ASCII surely begins with its first two letters.

    It has its first letter always. Compared with SQLite's stemmer in the tests.
    """
    return len(word.removesuffix("s")) >= LONG and "yy" not in word


def _one_of_each_stem(
    connection: sqlite3.Connection, words: Sequence[str], language: str
) -> list[str]:
    first: dict[tuple[str, ...], str] = {}
    for word, stem in zip(words, stems_of(connection, words, language), strict=True):
        if stem:
            first.setdefault(stem, word)
    return list(first.values())


def stems_of(
    connection: sqlite3.Connection, words: Sequence[str], language: str
) -> list[tuple[str, ...]]:
    """The tokens of each word, as the index has them; none for a word without any."""
    connection.executescript(_STEMMER.format(tokenizer=tokenizer(language)))
    connection.executemany(
        "INSERT INTO query_words (rowid, word) VALUES (?, ?)",
        [(row, indexable(word, language)) for row, word in enumerate(words)],
    )
    stems: list[tuple[str, ...]] = [()] * len(words)
    for row, stem in connection.execute("SELECT doc, term FROM query_stems ORDER BY doc, offset"):
        stems[row] = (*stems[row], stem)
    connection.execute("INSERT INTO query_words (query_words) VALUES ('delete-all')")
    return stems
