"""What the sources hold and what the database holds, side by side in a file on this machine.

The plan is a comparison of the two, in SQL. What was read for the plan is what is written,
however long the question before it stays open; and 50,000 entries take no memory. The file
lies in a folder that only this user may open, and goes with the run. What is embedded of an entry,
and the digest that says when it has to be again, are worked out here too.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from aoma.ingestion.reader import Entry

_SCHEMA = """
CREATE TABLE wanted (
    source INTEGER NOT NULL, tbl TEXT NOT NULL, id TEXT NOT NULL, unit TEXT NOT NULL,
    digest TEXT, row_digest TEXT NOT NULL, characters INTEGER NOT NULL, row TEXT NOT NULL,
    PRIMARY KEY (tbl, id)) WITHOUT ROWID;
CREATE TABLE known (
    source INTEGER NOT NULL, tbl TEXT NOT NULL, id TEXT NOT NULL, unit TEXT NOT NULL,
    digest TEXT, row_digest TEXT, embedded INTEGER NOT NULL,
    PRIMARY KEY (tbl, id)) WITHOUT ROWID;
"""
# A unit is what is written as one: a document with its passages, a code file with its parts,
# a commit, a ticket.
_COMPLETED = """
CREATE INDEX wanted_units ON wanted (unit, tbl);
CREATE INDEX known_units ON known (unit, tbl);
CREATE TABLE embedded (
    digest TEXT NOT NULL, tbl TEXT NOT NULL, PRIMARY KEY (digest, tbl)) WITHOUT ROWID;
INSERT OR IGNORE INTO embedded
    SELECT digest, tbl FROM known WHERE embedded AND digest IS NOT NULL;
CREATE TABLE work (number INTEGER PRIMARY KEY, source INTEGER NOT NULL, unit TEXT NOT NULL);
INSERT INTO work (source, unit)
    SELECT w.source, w.unit FROM wanted AS w LEFT JOIN known AS k USING (tbl, id)
    WHERE k.row_digest IS NOT w.row_digest
    UNION
    SELECT k.source, k.unit FROM known AS k LEFT JOIN wanted AS w USING (tbl, id)
    WHERE w.id IS NULL AND EXISTS (SELECT 1 FROM wanted AS u WHERE u.unit = k.unit)
    ORDER BY 1, 2;
"""
_FETCH = 1_000
# An input may have 8,192 tokens (https://platform.openai.com/docs/api-reference/embeddings).
# A token is at least one byte of UTF-8, so this many bytes fit in whatever language. What
# lies beyond them, in a long ticket, is found by its words and not by its meaning.
LIMIT_BYTES = 8_000
# Of a commit that changed hundreds of files, the rest would drown its message.
LIMIT_PATHS = 20
# The usual estimate for English; the API counts what it takes.
CHARACTERS_PER_TOKEN = 4


class Known(NamedTuple):
    """A row as the database has it."""

    id: str
    unit: str
    digest: str | None
    row_digest: str | None
    embedded: bool


@dataclass(frozen=True, slots=True)
class Embedding:
    """How texts are embedded: the model's name and how many numbers a vector has."""

    model: str
    dimensions: int


def _clean(value: Any) -> Any:
    """`value` as PostgreSQL can store it: without NUL and without half a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {name: _clean(one) for name, one in value.items()}
    return value


def _passage(row: Mapping[str, Any]) -> str:
    place = " > ".join([row["title"], *(row["heading"] or ())])
    return f"{place}\n\n{row['text']}"


def _ticket(row: Mapping[str, Any]) -> str:
    labels = f"labels: {', '.join(row['labels'])}" if row["labels"] else ""
    parts = (f"{row['key']} {row['summary']}", labels, row["description"] or "")
    return "\n\n".join(filter(None, parts))


def _commit(row: Mapping[str, Any]) -> str:
    paths = "\n".join((row["paths"] or ())[:LIMIT_PATHS])
    return "\n\n".join(filter(None, (row["subject"], row["body"], paths)))


def _code_part(row: Mapping[str, Any]) -> str:
    return f"{row['path']}\n\n{row['text']}"


_TEXTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "mesh_passages": _passage,
    "mesh_tickets": _ticket,
    "mesh_commits": _commit,
    "mesh_code_parts": _code_part,
}


def text_of(table: str, row: Mapping[str, Any]) -> str:
    """What is embedded of a row: the same from a source that was read and from the database.

    Args:
        table: one of the four tables that are searched.
        row: its columns, and its parent's `title` or `path` where it has a parent.
    """
    whole = _TEXTS[table](row)
    cut = whole.encode()[:LIMIT_BYTES].decode(errors="ignore").strip()
    # The API refuses an empty input.
    return cut or str(row["id"] if "id" in row else row["key"])


def text_digest(text: str, model: str, dimensions: int) -> str:
    """SHA-256 of a text and of how it is embedded, in hexadecimal."""
    return hashlib.sha256(f"{model}\0{dimensions}\0{text}".encode()).hexdigest()


def estimated_tokens(characters: int) -> int:
    """About how many tokens so many characters are."""
    return -(-characters // CHARACTERS_PER_TOKEN)


class Snapshot:
    """The file; see the module."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)

    def want(
        self,
        source: int,
        entries: Iterable[Entry],
        embedding: Embedding,
        readers: Sequence[str] | None,
    ) -> None:
        """Take in what a source holds.

        Args:
            source: its number in this run.
            entries: its rows.
            embedding: what their digests are made for.
            readers: who may read them; None for every reader.
        """
        self._connection.executemany(
            "INSERT OR REPLACE INTO wanted VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (self._wanted(source, entry, embedding, readers) for entry in entries),
        )

    @staticmethod
    def _wanted(
        source: int, entry: Entry, embedding: Embedding, readers: Sequence[str] | None
    ) -> tuple[object, ...]:
        row, told = _clean(dict(entry.row)), _clean(dict(entry.told))
        if entry.parent is None:  # the parts of a whole have its readers
            row["readers"] = None if readers is None else list(readers)
        whole = json.dumps([row, told], ensure_ascii=False, sort_keys=True)
        row_digest = hashlib.sha256(whole.encode()).hexdigest()
        digest, text = row_digest, ""
        if entry.searched:
            text = text_of(entry.table, {**row, **told})
            digest = text_digest(text, embedding.model, embedding.dimensions)
            row["row_digest"] = row_digest
        row["digest"] = digest
        return (
            source,
            entry.table,
            _clean(entry.id),
            _clean(entry.parent or entry.id),
            digest,
            row_digest,
            len(text),
            json.dumps(row, ensure_ascii=False),
        )

    def know(self, source: int, table: str, rows: Iterable[Known]) -> None:
        """Take in what the database holds of a source."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)",
            ((source, table, *row) for row in rows),
        )

    def complete(self) -> None:
        """Say that nothing more comes; the questions below may be asked."""
        self._connection.executescript(_COMPLETED)

    def count(self, question: str, *values: object) -> tuple[Any, ...]:
        """The one row that answers a question."""
        row = self._connection.execute(question, values).fetchone()
        assert isinstance(row, tuple)  # noqa: S101 - aggregates always give one
        return row

    def rows(self, question: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """Rows that answer a question, a thousand at a time in memory."""
        with closing(self._connection.execute(question, values)) as cursor:
            while found := cursor.fetchmany(_FETCH):
                yield from found


@contextmanager
def snapshot() -> Iterator[Snapshot]:
    """A snapshot that is gone when the body ends, however the process ends."""
    # A file without a name: https://www.sqlite.org/inmemorydb.html#temp_db
    with closing(sqlite3.connect("")) as connection:
        yield Snapshot(connection)
