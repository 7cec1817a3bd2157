"""From rows of the index to what is shown of them."""

from __future__ import annotations

import sqlite3

from mcp_app.knowledge.embedded.ranking import Ranked
from mcp_app.knowledge.results import CodeFile, Commit, Document, FileChange, Passage

LIMIT_FILES = 50


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
