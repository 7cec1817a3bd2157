"""From rows of the index to what is shown of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from mcp_app.knowledge.embedded.ranking import Ranked
from mcp_app.knowledge.embedded.schema import SCHEMA_VERSION
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

_TICKET = (
    "SELECT key, summary, {text}, link, project, type, status, priority, labels, assignee, "
    "created, updated FROM tickets WHERE {what} = ?"
)


def passage(connection: sqlite3.Connection, entry: Ranked) -> Passage:
    """The passage in this row."""
    name, heading, anchor, text, document, title, corpus, link = connection.execute(
        "SELECT p.name, p.heading, p.anchor, p.text, d.name, d.title, d.corpus, d.link "
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
        "f.link, r.name FROM code_parts AS p JOIN code_files AS f ON f.id = p.file "
        "JOIN repositories AS r ON r.id = f.repository WHERE p.id = ?",
        (entry.row,),
    ).fetchone()
    start, end, text, path, language, extension, size, lines, link, repository = row
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


def document(connection: sqlite3.Connection, name: str) -> Document | None:
    """The document with this id, or the one that the passage with this id lies in."""
    # Half a surrogate pair, which JSON may hold, is in no name.
    asked = name.encode(errors="replace").decode()
    found = connection.execute(
        "SELECT id, name, title, corpus, link FROM documents WHERE name = ? "
        "OR id = (SELECT document FROM passages WHERE name = ?)",
        (asked, asked),
    ).fetchone()
    if found is None:
        return None
    number, known, title, corpus, link = found
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
    )


def statistics(
    connection: sqlite3.Connection, counts: Mapping[str, int], size_bytes: int
) -> Statistics:
    """What the index holds, of which `counts` were counted when it was built."""
    corpora = connection.execute("SELECT name FROM corpora ORDER BY name")
    projects = connection.execute("SELECT DISTINCT project FROM tickets ORDER BY project")
    repositories = connection.execute(
        "SELECT name, head, commits, code_files, problem FROM repositories ORDER BY id"
    )
    return Statistics(
        schema_version=SCHEMA_VERSION,
        size_bytes=size_bytes,
        documents=counts["documents"],
        passages=counts["passages"],
        tickets=counts["tickets"],
        commits=counts["commits"],
        code_files=counts["code_files"],
        code_parts=counts["code_parts"],
        corpora=tuple(name for (name,) in corpora),
        projects=tuple(project for (project,) in projects),
        repositories=tuple(
            Repository(name=name, commit=head, commits=commits, code_files=files, problem=note)
            for name, head, commits, files, note in repositories
        ),
    )


def document_entries(
    connection: sqlite3.Connection, *, prefix: str, after: str, limit: int
) -> list[DocumentEntry]:
    """Documents by id, in the order of its code points; see `Backend.list_documents`."""
    begin = prefix.encode(errors="replace").decode()
    rows = connection.execute(
        "SELECT name, title, corpus, link FROM documents "
        "WHERE name > ? AND substr(name, 1, length(?)) = ? ORDER BY name LIMIT ?",
        (after.encode(errors="replace").decode(), begin, begin, limit),
    )
    return [
        DocumentEntry(id=name, title=title, corpus=corpus, link=link)
        for name, title, corpus, link in rows
    ]
