"""Other searches over the same passages: plain FTS5, rank_bm25, bm25s and tantivy.

Each gets a passage's title, headings and text, and words in lower case. Those that take tokens get
the stems of the language of the questions by Snowball. None is tuned.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.retrieval.figures import DEPTH, Hit, Search, System

_WORD = re.compile(r"\w+")
# One cell each; the vocabulary of tantivy's analyzers.
TANTIVY_STEMMER = "en_stem"


def _passages(index: Path) -> tuple[list[str], list[tuple[str, str, str]]]:
    """Documents' ids, and what is searched: title, headings and text, of an index's passages."""
    connection = sqlite3.connect(index)
    rows = connection.execute(
        "SELECT d.name, d.title, p.heading, p.text FROM passages AS p "
        "JOIN documents AS d ON d.id = p.document ORDER BY p.id"
    ).fetchall()
    connection.close()
    return [row[0] for row in rows], [(row[1], row[2], row[3]) for row in rows]


def _fts5(ids: Sequence[str], texts: Sequence[tuple[str, str, str]]) -> Search:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE passages USING fts5(title, heading, body)")
    connection.executemany(
        "INSERT INTO passages (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
        [(row, *text) for row, text in enumerate(texts)],
    )

    def search(query: str) -> list[Hit]:
        match = " OR ".join(f'"{word}"' for word in _WORD.findall(query))
        found = connection.execute(
            "SELECT rowid FROM passages(?) ORDER BY rank LIMIT ?", (match, DEPTH)
        )
        return [Hit(ids[row]) for (row,) in found]

    return search


def _rank_bm25(
    ids: Sequence[str], tokens: Sequence[list[str]], cut: Callable[[str], list[str]]
) -> Search:
    from rank_bm25 import BM25Okapi

    model: Any = BM25Okapi(tokens)

    def search(query: str) -> list[Hit]:
        scores = model.get_scores(cut(query))
        best = sorted(range(len(scores)), key=lambda row: -scores[row])[:DEPTH]
        return [Hit(ids[row]) for row in best]

    return search


def _bm25s(
    ids: Sequence[str], tokens: Sequence[list[str]], cut: Callable[[str], list[str]]
) -> Search:
    import bm25s

    model: Any = bm25s.BM25()
    model.index(list(tokens), show_progress=False)

    def search(query: str) -> list[Hit]:
        known = [word for word in cut(query) if word in model.vocab_dict]
        if not known:
            return []
        rows, _ = model.retrieve([known], k=min(DEPTH, len(ids)), show_progress=False)
        return [Hit(ids[row]) for row in rows[0]]

    return search


def _tantivy(ids: Sequence[str], texts: Sequence[tuple[str, str, str]], stemmer: str) -> Search:
    import tantivy

    builder: Any = tantivy.SchemaBuilder()
    builder.add_integer_field("row", stored=True)
    analyzer = TANTIVY_STEMMER if stemmer == "english" else "default"
    builder.add_text_field("body", tokenizer_name=analyzer)
    index: Any = tantivy.Index(builder.build())
    writer = index.writer(15_000_000)
    for row, text in enumerate(texts):
        writer.add_document(tantivy.Document(row=row, body="\n".join(text)))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> list[Hit]:
        parsed = index.parse_query(" ".join(_WORD.findall(query)), ["body"])
        found = searcher.search(parsed, DEPTH).hits
        return [Hit(ids[searcher.doc(address)["row"][0]]) for _, address in found]

    return search


def peers(index: Path, stemmer: str) -> Iterator[System]:
    """The other searches over the passages of an index; see `aoma.optional_packages`."""
    import snowballstemmer

    stems: Any = snowballstemmer.stemmer(stemmer)

    def cut(text: str) -> list[str]:
        words: list[str] = stems.stemWords(_WORD.findall(text.lower()))
        return words

    ids, texts = _passages(index)
    tokens = [cut("\n".join(text)) for text in texts]
    yield System("plain FTS5", (), _fts5(ids, texts))
    yield System("rank_bm25, stemmed", (), _rank_bm25(ids, tokens, cut))
    yield System("bm25s, stemmed", (), _bm25s(ids, tokens, cut))
    yield System("tantivy", (), _tantivy(ids, texts, stemmer))
