"""What a large index knows of its common terms, so that a search does not read their entries.

A term that a hundredth of 100,000 passages hold costs a search more than all rare ones together,
and decides little. So the build stores its best entries with their scores, and one bit for each
entry that holds it. `mcp_app.knowledge.embedded.rank.common_terms` reads them.
"""

from __future__ import annotations

import sqlite3
import struct
from heapq import nlargest

from mcp_app.knowledge.embedded.schema import BEST_ENTRIES, COMMON, LARGE, SEARCH_WEIGHTS


def write_common_terms(connection: sqlite3.Connection) -> None:
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
            "SELECT term, doc FROM temp.vocabulary WHERE doc > ?", (COMMON,)
        ).fetchall()
        listed = ", ".join(str(weight) for weight in weights.values())
        for term, holding in terms:
            scored = connection.execute(
                f"SELECT rowid, -bm25({table}, {listed}) FROM {table}(?)",  # noqa: S608 - names and numbers of ours
                (f'"{term}"',),
            ).fetchall()
            # The tokenizer reads the term again: its stemmer may make another word of it.
            if len(scored) == holding:
                _write(connection, table, term, scored, entries)
    connection.execute("DROP TABLE IF EXISTS temp.vocabulary")


def _write(
    connection: sqlite3.Connection,
    table: str,
    term: str,
    scored: list[tuple[int, float]],
    entries: int,
) -> None:
    bits = bytearray(entries // 8 + 1)
    for row, _ in scored:
        bits[row >> 3] |= 1 << (row & 7)
    best = nlargest(BEST_ENTRIES, scored, key=lambda one: (one[1], -one[0]))
    rows, scores = zip(*best, strict=True)
    connection.execute(
        "INSERT INTO common_terms VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(table, term, len(scored)),
            struct.pack(f"<{len(rows)}I", *rows),
            struct.pack(f"<{len(scores)}f", *scores),
            bytes(bits),
        ),
    )
