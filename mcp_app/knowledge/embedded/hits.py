"""From rows of the index to what is shown of them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from mcp_app.knowledge.embedded.rank.ranked import Ranked
from mcp_app.knowledge.embedded.schema import SCHEMA_VERSION
from mcp_app.knowledge.item import Item
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    DocumentEntry,
    FileChange,
    Passage,
    Repository,
    Statistics,
    Ticket,
    TicketHit,
)

LIMIT_FILES = 50
# Of a ticket that was found, as long as a passage at most; `get_ticket` gives all.
LIMIT_CHARACTERS = 2_000

_AMONG = "part IN (SELECT value FROM json_each(?))"
NEWEST = {
    "documents": "SELECT max(date) FROM (SELECT date, corpus AS part FROM documents) WHERE {}",
    "tickets": "SELECT max(date) FROM (SELECT updated AS date, project AS part FROM tickets) "
    "WHERE {}",
    "commits": "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(date), 'unixepoch') FROM "
    "(SELECT c.timestamp AS date, r.name AS part FROM commits AS c "
    "JOIN repositories AS r ON r.id = c.repository) WHERE {}",
    "code": "SELECT max(date) FROM (SELECT f.date, r.name AS part FROM code_files AS f "
    "JOIN repositories AS r ON r.id = f.repository) WHERE {}",
}

_REPOSITORY = "(SELECT name FROM repositories WHERE id = {})"
# By table: its source, and how its rows of some parts of that are counted.
COUNTED = {
    table: (source, f"SELECT count(*) FROM (SELECT {part} AS part FROM {table}) WHERE {{}}")  # noqa: S608 - names of ours
    for table, source, part in (
        ("documents", "documents", "corpus"),
        ("passages", "documents", "(SELECT corpus FROM documents WHERE documents.id = document)"),
        ("tickets", "tickets", "project"),
        ("commits", "commits", _REPOSITORY.format("repository")),
        ("code_files", "code", _REPOSITORY.format("repository")),
        (
            "code_parts",
            "code",
            _REPOSITORY.format("(SELECT repository FROM code_files WHERE code_files.id = file)"),
        ),
    )
}

_TICKET = (
    "SELECT key, summary, {text}, link, project, type, status, priority, labels, assignee, "
    "created, updated FROM tickets WHERE {what} = ?"
)


def passage(connection: sqlite3.Connection, entry: Ranked) -> Passage:
    """The passage in this row."""
    name, heading, anchor, text, document, title, corpus, link, date = connection.execute(
        "SELECT p.name, p.heading, p.anchor, p.text, d.name, d.title, d.corpus, d.link, d.date "
        "FROM passages AS p JOIN documents AS d ON d.id = p.document WHERE p.id = ?",
        (entry.row,),
    ).fetchone()
    return Passage(
        id=name,
        title=title,
        heading=tuple(heading.split("\n")) if heading else (),
        text=text,
        link=link + anchor if link else None,
        score=entry.score,
        score_kind="bm25",
        coverage=entry.coverage,
        document=document,
        corpus=corpus,
        date=date,
    )


def commit(connection: sqlite3.Connection, entry: Ranked) -> Commit:
    """The commit in this row, with its first changed files."""
    row = connection.execute(
        "SELECT c.hash, c.subject, c.body, c.author, c.date, c.files, c.additions, c.deletions, "
        "r.name, r.commit_link FROM commits AS c JOIN repositories AS r ON r.id = c.repository "
        "WHERE c.id = ?",
        (entry.row,),
    ).fetchone()
    commit_hash, subject, body, author, date, files, additions, deletions, repository, link = row
    changes = connection.execute(
        "SELECT p.path, x.additions, x.deletions FROM changes AS x "
        "JOIN paths AS p ON p.id = x.path WHERE x.commit_id = ? ORDER BY p.path LIMIT ?",
        (entry.row, LIMIT_FILES),
    )
    return Commit(
        id=f"{repository}@{commit_hash}",
        title=subject,
        text=f"{subject}\n\n{body}".strip(),
        link=link.replace("{commit}", commit_hash) if link else None,
        score=entry.score,
        score_kind="bm25",
        coverage=entry.coverage,
        repository=repository,
        hash=commit_hash,
        author=author,
        date=date,
        files=tuple(
            FileChange(path=path, additions=added, deletions=deleted)
            for path, added, deleted in changes
        ),
        files_changed=files,
        additions=additions,
        deletions=deletions,
    )


def code_file(connection: sqlite3.Connection, entry: Ranked) -> CodeFile:
    """The code file that the part in this row belongs to, shown by that part."""
    row = connection.execute(
        'SELECT p.start, p."end", p.text, f.path, f.language, f.extension, f.size, f.lines, '
        "f.link, r.name, f.date FROM code_parts AS p JOIN code_files AS f ON f.id = p.file "
        "JOIN repositories AS r ON r.id = f.repository WHERE p.id = ?",
        (entry.row,),
    ).fetchone()
    start, end, text, path, language, extension, size, lines, link, repository, date = row
    return CodeFile(
        id=f"{repository}/{path}#L{start}-L{end}",
        title=path,
        text=text,
        link=f"{link}#L{start}-L{end}" if link else None,
        score=entry.score,
        score_kind="bm25",
        coverage=entry.coverage,
        repository=repository,
        path=path,
        language=language,
        extension=extension,
        size_bytes=size,
        lines=lines,
        start_line=start,
        end_line=end,
        date=date,
    )


def ticket(connection: sqlite3.Connection, key: str) -> Ticket | None:
    """The whole ticket with this key, without regard to case."""
    asked = key.strip().upper().encode(errors="replace").decode()
    row = connection.execute(_TICKET.format(text="description", what="key"), (asked,)).fetchone()
    return Ticket(**_ticket_fields(row)) if row else None


def ticket_hit(connection: sqlite3.Connection, entry: Ranked) -> TicketHit:
    """The ticket in this row."""
    text = f"substr(description, 1, {LIMIT_CHARACTERS})"
    row = connection.execute(_TICKET.format(text=text, what="id"), (entry.row,)).fetchone()
    return TicketHit(
        **_ticket_fields(row), score=entry.score, score_kind="bm25", coverage=entry.coverage
    )


def _ticket_fields(row: tuple[Any, ...]) -> dict[str, Any]:
    names = ("id", "title", "text", "link", "project", "type", "status", "priority", "labels")
    fields = dict(zip((*names, "assignee", "created", "updated"), row, strict=True))
    return fields | {"labels": tuple(fields["labels"].split())}


def document(
    connection: sqlite3.Connection, name: str, corpora: frozenset[str] | None
) -> Document | None:
    """The document with this id, or the one that the passage with this id lies in.

    Args:
        connection: one lent by `IndexFile`.
        name: the id.
        corpora: those that it may be of; None for all.
    """
    # Half a surrogate pair, which JSON may hold, is in no name.
    asked = name.encode(errors="replace").decode()
    found = connection.execute(
        "SELECT id, name, title, corpus, link, date FROM documents WHERE name = ? "
        "OR id = (SELECT document FROM passages WHERE name = ?)",
        (asked, asked),
    ).fetchone()
    if found is None:
        return None
    number, known, title, corpus, link, date = found
    if corpora is not None and corpus not in corpora:
        return None
    rows = connection.execute(
        "SELECT name, text FROM passages WHERE document = ? ORDER BY id", (number,)
    ).fetchall()
    return Document(
        id=known,
        title=title,
        text="\n\n".join(text for _, text in rows),
        link=link,
        corpus=corpus,
        passages=tuple(passage for passage, _ in rows),
        date=date,
    )


def commit_item(connection: sqlite3.Connection, name: str) -> Item | None:
    """The whole commit with this id, `repository@hash`."""
    repository, _, commit_hash = name.encode(errors="replace").decode().rpartition("@")
    row = connection.execute(
        "SELECT c.id FROM commits AS c JOIN repositories AS r ON r.id = c.repository "
        "WHERE c.hash = ? AND r.name = ?",
        (commit_hash, repository),
    ).fetchone()
    if row is None:
        return None
    found = commit(connection, Ranked(row[0], 0.0, 0.0))
    changed = "\n".join(f"- {change.path}" for change in found.files)
    text = f"{found.text}\n\nAuthor: {found.author}\nChanged files:\n{changed}".strip()
    return Item(
        source="commits",
        id=found.id,
        title=found.title,
        text=text,
        link=found.link,
        date=found.date,
        within=found.repository,
    )


def code_item(connection: sqlite3.Connection, name: str) -> Item | None:
    """The whole code file with this id, `repository/path`; lines after `#L` do not matter."""
    asked = name.encode(errors="replace").decode()
    row = connection.execute(
        "SELECT f.id, f.path, f.link, f.date, r.name FROM code_files AS f "
        "JOIN repositories AS r ON r.id = f.repository WHERE r.name || '/' || f.path IN (?, ?)",
        (asked, asked.rpartition("#L")[0]),
    ).fetchone()
    if row is None:
        return None
    number, path, link, date, repository = row
    parts = connection.execute(
        "SELECT text FROM code_parts WHERE file = ? ORDER BY start", (number,)
    )
    return Item(
        source="code",
        id=f"{repository}/{path}",
        title=path,
        text="\n".join(text for (text,) in parts),
        link=link,
        date=date,
        within=repository,
    )


def newest(
    connection: sqlite3.Connection, scope: Mapping[str, frozenset[str] | None]
) -> str | None:
    """The latest date of what is visible in the index, ISO 8601 in UTC.

    Args:
        connection: one lent by `IndexFile`.
        scope: by source, the parts that are looked at; None for all of them.
    """
    dates: list[str | None] = []
    for source, select in NEWEST.items():
        names = scope[source]
        limit, values = ("1", ()) if names is None else (_AMONG, (json.dumps([*names]),))
        dates += connection.execute(select.format(limit), values).fetchone()
    return max(filter(None, dates), default=None)


def statistics(
    connection: sqlite3.Connection,
    counts: Mapping[str, int],
    size_bytes: int,
    scope: Mapping[str, frozenset[str] | None],
) -> Statistics:
    """What the index holds, of which `counts` were counted when it was built.

    Args:
        connection: one lent by `IndexFile`.
        counts: of the whole index.
        size_bytes: of the file.
        scope: by source, the parts that are counted; None for all of them.
    """
    if any(names is not None for names in scope.values()):
        counts = {name: _counted(connection, name, scope) for name in COUNTED}
    corpora = connection.execute("SELECT name FROM corpora ORDER BY name")
    projects = connection.execute("SELECT DISTINCT project FROM tickets ORDER BY project")
    repositories = connection.execute(
        "SELECT name, head, commits, code_files, problem FROM repositories ORDER BY id"
    )

    def sees(source: str, name: str) -> bool:
        names = scope[source]
        return names is None or name in names

    return Statistics(
        schema_version=SCHEMA_VERSION,
        size_bytes=size_bytes,
        documents=counts["documents"],
        passages=counts["passages"],
        tickets=counts["tickets"],
        commits=counts["commits"],
        code_files=counts["code_files"],
        code_parts=counts["code_parts"],
        corpora=tuple(name for (name,) in corpora if sees("documents", name)),
        projects=tuple(project for (project,) in projects if sees("tickets", project)),
        repositories=tuple(
            Repository(
                name=name,
                commit=head,
                commits=commits if sees("commits", name) else 0,
                code_files=files if sees("code", name) else 0,
                problem=note,
            )
            for name, head, commits, files, note in repositories
            if sees("commits", name) or sees("code", name)
        ),
    )


def _counted(
    connection: sqlite3.Connection, table: str, scope: Mapping[str, frozenset[str] | None]
) -> int:
    source, select = COUNTED[table]
    names = scope[source]
    limit, values = ("1", ()) if names is None else (_AMONG, (json.dumps([*names]),))
    return int(connection.execute(select.format(limit), values).fetchone()[0])


def document_entries(
    connection: sqlite3.Connection,
    *,
    prefix: str,
    after: str,
    limit: int,
    corpora: frozenset[str] | None,
) -> list[DocumentEntry]:
    """Documents by id, in the order of its code points; see `Backend.list_documents`."""
    begin = prefix.encode(errors="replace").decode()
    among = None if corpora is None else json.dumps([*corpora])
    rows = connection.execute(
        "SELECT name, title, corpus, link FROM documents "
        "WHERE name > ? AND substr(name, 1, length(?)) = ? "
        "AND (? IS NULL OR corpus IN (SELECT value FROM json_each(?))) ORDER BY name LIMIT ?",
        (after.encode(errors="replace").decode(), begin, begin, among, among, limit),
    )
    return [
        DocumentEntry(id=name, title=title, corpus=corpus, link=link)
        for name, title, corpus, link in rows
    ]
