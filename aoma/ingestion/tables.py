"""The tables as ingestion writes them: `aoma/database/migrations` is where they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: its name in the database.
        noun: what its rows are called.
        columns: what ingestion writes, by SQL type, its primary key first.
        shown: those of its columns that its embedding is made from; () where it has none.
        scope: the column, its own or its parent's, that names the source it came from.
        parent: the table of its document or code file, or None.
        foreign: the column that names that parent.
    """

    name: str
    noun: str
    columns: Mapping[str, str]
    shown: tuple[str, ...]
    scope: str
    parent: str | None = None
    foreign: str | None = None

    @property
    def key(self) -> str:
        """Its primary key."""
        return next(iter(self.columns))

    @property
    def searched(self) -> bool:
        """Whether its rows are found by words and by embedding."""
        return bool(self.shown)

    @property
    def row_digest(self) -> str:
        """The column with the digest of the whole row; `digest` is that of what is embedded."""
        return "row_digest" if self.searched else "digest"


_READERS = {"readers": "text[]"}

DOCUMENTS = Table(
    "mesh_documents",
    "documents",
    {
        "id": "text",
        "title": "text",
        "corpus": "text",
        "link": "text",
        "language": "text",
        "changelog": "boolean",
        "changed_at": "timestamptz",
        **_READERS,
    },
    shown=(),
    scope="corpus",
)
PASSAGES = Table(
    "mesh_passages",
    "passages",
    {
        "id": "text",
        "document": "text",
        "ordinal": "integer",
        "heading": "text[]",
        "anchor": "text",
        "text": "text",
        "identifiers": "text",
    },
    shown=("id", "title", "heading", "text"),
    scope="corpus",
    parent="mesh_documents",
    foreign="document",
)
TICKETS = Table(
    "mesh_tickets",
    "tickets",
    {
        "key": "text",
        "project": "text",
        "type": "text",
        "status": "text",
        "priority": "text",
        "summary": "text",
        "description": "text",
        "labels": "text[]",
        "assignee": "text",
        "link": "text",
        "created_at": "timestamptz",
        "updated_at": "timestamptz",
        "language": "text",
        "identifiers": "text",
        **_READERS,
    },
    shown=("key", "summary", "labels", "description"),
    scope="project",
)
COMMITS = Table(
    "mesh_commits",
    "commits",
    {
        "id": "text",
        "repository": "text",
        "hash": "text",
        "subject": "text",
        "body": "text",
        "author": "text",
        "date": "text",
        "committed_at": "timestamptz",
        "files": "jsonb",
        "paths": "text[]",
        "files_changed": "integer",
        "additions": "integer",
        "deletions": "integer",
        "link": "text",
        "language": "text",
        "identifiers": "text",
        **_READERS,
    },
    shown=("id", "subject", "body", "paths"),
    scope="repository",
)
CODE_FILES = Table(
    "mesh_code_files",
    "code files",
    {
        "id": "text",
        "repository": "text",
        "path": "text",
        "language": "text",
        "extension": "text",
        "size_bytes": "bigint",
        "lines": "integer",
        "link": "text",
        "changed_at": "timestamptz",
        **_READERS,
    },
    shown=(),
    scope="repository",
)
CODE_PARTS = Table(
    "mesh_code_parts",
    "code parts",
    {
        "id": "text",
        "file": "text",
        "start_line": "integer",
        "end_line": "integer",
        "symbols": "text[]",
        "text": "text",
        "identifiers": "text",
    },
    shown=("id", "path", "text"),
    scope="repository",
    parent="mesh_code_files",
    foreign="file",
)

SEARCHED = (PASSAGES, TICKETS, COMMITS, CODE_PARTS)
# What a source of each kind is made of. The first is what people count and what is written
# and deleted as one; the last is what is searched and embedded.
OF_KIND = {
    "documents": (DOCUMENTS, PASSAGES),
    "tickets": (TICKETS,),
    "commits": (COMMITS,),
    "code": (CODE_FILES, CODE_PARTS),
}
