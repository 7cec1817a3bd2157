"""What a large index knows of its terms, so that a search does not score their entries.

To score an entry, SQLite reads pages all over the index: a first search of 100,000 passages spent
most of its time there. So the build scores the entries of all terms but the rare ones, and a
search reads a list. A term that a hundredth of the passages hold decides little: of such a one the
build stores the best entries, and one bit for each entry that holds it.
`mcp_app.knowledge.embedded.rank.common_terms` reads them.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Sequence
from heapq import nlargest

from mcp_app.knowledge.embedded.language.query_terms import stems_of
from mcp_app.knowledge.embedded.language.stop_words import ENGLISH
from mcp_app.knowledge.embedded.schema import (
    BEST_ENTRIES,
    COMMON,
    LARGE,
    LISTED,
    SEARCH_WEIGHTS,
)


def write_common_terms(connection: sqlite3.Connection, language: str) -> None:
    """Fill the table `common_terms`; for small full-text tables there is nothing to write."""
    for table, weights in SEARCH_WEIGHTS.items():
        connection.execute("DROP TABLE IF EXISTS temp.vocabulary")
        connection.execute(
            f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {table}, row)"
        )
        total = connection.execute(f"SELECT count(*) FROM {table.removesuffix('_text')}")  # noqa: S608 - a table of ours
        entries = int(total.fetchone()[0])
        if entries < LARGE:
            continue
        terms = connection.execute(
            "SELECT term, doc FROM temp.vocabulary WHERE doc > ?", (LISTED,)
        ).fetchall()
        listed = ", ".join(str(weight) for weight in weights.values())
        words = _words(connection, [term for term, _ in terms], language)
        for term, holding in terms:
            if term in words:
                scored = connection.execute(
                    f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)",  # noqa: S608 - names and numbers of ours
                    (f'"{words[term]}"',),
                ).fetchall()
                if len(scored) == holding:
                    _write(connection, table, term, holding, scored, entries)
    connection.execute("DROP TABLE IF EXISTS temp.vocabulary")


def _words(connection: sqlite3.Connection, terms: Sequence[str], language: str) -> dict[str, str]:
    """A word for each term that the tokenizer makes this term of.

    A stem of Porter's is not always its own stem: that of "databas" is "databa". Stems of other
    languages were made before the tokenizer, which has none for them.
    """
    found = {term: term for term in terms if language != ENGLISH or not term.isascii()}
    for make in (str, "{}e".format, "{}s".format, "{}es".format, lambda term: f"{term[:-1]}y"):
        left = [term for term in terms if term not in found]
        words = [make(term) for term in left]
        stems = stems_of(connection, words, language)
        made = zip(left, words, stems, strict=True)
        found |= {term: word for term, word, stem in made if stem == (term,)}
    return found


def _write(
    connection: sqlite3.Connection,
    table: str,
    term: str,
    holding: int,
    scored: list[tuple[int, float]],
    entries: int,
) -> None:
    bits = bytearray()
    if len(scored) > COMMON:
        bits = bytearray(entries // 8 + 1)
        for row, _ in scored:
            bits[row >> 3] |= 1 << (row & 7)
        scored = nlargest(BEST_ENTRIES, scored, key=lambda one: (one[1], -one[0]))
    rows, scores = zip(*scored, strict=True)
    connection.execute(
        "INSERT INTO common_terms VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(table, term, holding),
            struct.pack(f"<{len(rows)}I", *rows),
            struct.pack(f"<{len(scores)}f", *scores),
            bytes(bits),
        ),
    )
