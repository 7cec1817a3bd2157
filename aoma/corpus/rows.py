"""Writes rows: what is shown into its table, what is searched into the full-text one."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from aoma.corpus.base_urls import BaseUrl
from aoma.corpus.documents import anchor, passage_id, read_documents
from aoma.corpus.folders import Corpus, corpora_of
from aoma.corpus.jira import read_tickets
from aoma.corpus.language import language_of
from aoma.corpus.report import Ledger
from aoma.corpus.tables import SEARCHED, full_text_tables
from mcp_app.knowledge.embedded.language.terms import identifier_parts, indexable


def searchable(*columns: str) -> tuple[str, ...]:
    """The columns, and the identifiers' parts in them all."""
    return (*columns, identifier_parts("\n".join(columns)))


def insert(connection: sqlite3.Connection, table: str, *values: object) -> int:
    """Append a row whose first column is its number; gives that number."""
    marks = ", ".join("?" * len(values))
    row = connection.execute(f"INSERT INTO {table} VALUES (NULL, {marks})", values).lastrowid  # noqa: S608 - names of ours
    assert row is not None  # noqa: S101 - SQLite always numbers such a row
    return row


def insert_text(
    connection: sqlite3.Connection, table: str, row: int, columns: tuple[str, ...]
) -> None:
    """Make a row findable by its columns, as `searchable` gives them, once `fill` is called."""
    connection.execute(
        "INSERT INTO pending VALUES (?, ?, ?)",
        (table, row, json.dumps(columns, ensure_ascii=False)),
    )


def fill(connection: sqlite3.Connection) -> None:
    """Recognise the index's language, and fill the full-text tables with what is pending."""
    texts = connection.execute(
        "SELECT columns FROM pending WHERE name <> 'code_parts_text' ORDER BY rowid"
    )
    language = language_of(text for (text,) in texts)
    # Not read to its end in a large index, and an open one keeps the table from being dropped.
    texts.close()
    connection.execute("INSERT INTO languages VALUES (?)", (language,))
    connection.executescript(full_text_tables(language))
    for table, names in SEARCHED.items():
        marks = ", ".join("?" * len(names))
        pending = connection.execute(
            "SELECT id, columns FROM pending WHERE name = ? ORDER BY rowid", (table,)
        )
        connection.executemany(
            f"INSERT INTO {table} (rowid, {', '.join(names)}) VALUES (?, {marks})",  # noqa: S608 - names of ours
            (
                (row, *(indexable(column, language) for column in json.loads(columns)))
                for row, columns in pending
            ),
        )
    connection.execute("DROP TABLE pending")


def write_documents(
    connection: sqlite3.Connection,
    documents: Sequence[Path],
    bases: Sequence[BaseUrl],
    ledger: Ledger,
) -> list[Corpus]:
    """Write the documents; gives the folders they came from."""
    corpora = corpora_of(documents, ledger)
    connection.executemany("INSERT INTO corpora VALUES (?)", [(corpus.name,) for corpus in corpora])
    for document in read_documents(corpora, ledger, bases):
        row = insert(
            connection,
            "documents",
            document.id,
            document.title,
            document.corpus,
            document.link,
            document.date,
        )
        for section in document.sections:
            number = insert(
                connection,
                "passages",
                row,
                passage_id(document.id, section),
                "\n".join(document.heading(section)),
                anchor(section),
                section.text,
            )
            heading = section.heading[-1] if section.heading else ""
            insert_text(
                connection,
                "passages_text",
                number,
                searchable(document.title, heading, section.body),
            )
    return corpora


def write_tickets(
    connection: sqlite3.Connection,
    exports: Sequence[Path],
    jira_url: str | None,
    ledger: Ledger,
    *,
    comments: bool = False,
) -> None:
    """Write the tickets of Jira exports."""
    for ticket in read_tickets(exports, ledger, jira_url, comments=comments):
        row = insert(
            connection,
            "tickets",
            ticket.key,
            ticket.project,
            ticket.type,
            ticket.status,
            ticket.priority,
            ticket.summary,
            ticket.description,
            "\n".join(ticket.labels),
            ticket.assignee,
            ticket.link,
            ticket.created,
            ticket.updated,
        )
        facts = (ticket.type, ticket.status, ticket.priority, ticket.assignee)
        columns = searchable(
            ticket.key,
            ticket.summary,
            " ".join(ticket.labels),
            " ".join(fact for fact in facts if fact),
            ticket.description,
        )
        insert_text(connection, "tickets_text", row, columns)
