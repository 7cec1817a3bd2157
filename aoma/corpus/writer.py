"""Writes the index: reads every source in a fixed order, into one file of fixed bytes."""

from __future__ import annotations

import os
import sqlite3
import struct
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from aoma.corpus.base_urls import base_urls
from aoma.corpus.common_terms import write_common_terms
from aoma.corpus.documents import changelogs
from aoma.corpus.folders import Corpus, note_unread
from aoma.corpus.report import CorpusError, IndexReport, Ledger
from aoma.corpus.repositories.code_files import read_code_files
from aoma.corpus.repositories.history import read_commits
from aoma.corpus.repositories.repository import Repository, repository_around
from aoma.corpus.rows import (
    fill,
    insert,
    insert_text,
    searchable,
    write_documents,
    write_tickets,
)
from aoma.corpus.tables import SEARCHED, TABLES
from mcp_app.knowledge.embedded.hits import newest
from mcp_app.knowledge.embedded.schema import APPLICATION_ID, SCHEMA_VERSION
from mcp_app.knowledge.scope import SOURCES

PAGE_BYTES = 4_096

# A commit may change thousands of files; their names are searched up to here, and all of
# them are there for the file pattern.
_SEARCHED_FILES = 200


def _write_commits(
    connection: sqlite3.Connection, number: int, repository: Repository, ledger: Ledger
) -> int:
    count = 0
    for commit in read_commits(repository, ledger):
        count += 1
        files = commit.files
        row = insert(
            connection,
            "commits",
            number,
            commit.hash,
            commit.subject,
            commit.body,
            commit.author,
            commit.date,
            commit.timestamp,
            None if files is None else len(files),
            None if files is None else sum(file.additions or 0 for file in files),
            None if files is None else sum(file.deletions or 0 for file in files),
        )
        for file in files or ():
            connection.execute("INSERT OR IGNORE INTO paths (path) VALUES (?)", (file.path,))
            connection.execute(
                "INSERT INTO changes SELECT ?, id, ?, ? FROM paths WHERE path = ?",
                (row, file.additions, file.deletions, file.path),
            )
        paths = "\n".join(file.path for file in (files or ())[:_SEARCHED_FILES])
        columns = searchable(commit.subject, commit.body, paths)
        insert_text(connection, "commits_text", row, columns)
    return count


def _write_code_files(
    connection: sqlite3.Connection,
    number: int,
    repository: Repository,
    documents: frozenset[Path],
    ledger: Ledger,
) -> int:
    count = 0
    for file in read_code_files(repository, documents, ledger):
        count += 1
        row = insert(
            connection,
            "code_files",
            number,
            file.path,
            file.language,
            file.extension,
            file.size_bytes,
            file.lines,
            file.link,
            repository.changed.get(file.path),
        )
        for part in file.parts:
            place = insert(connection, "code_parts", row, part.start, part.end, part.text)
            columns = searchable(file.path, " ".join(part.symbols), part.text)
            insert_text(connection, "code_parts_text", place, columns)
    return count


def _repository_of(source: Path, ledger: Ledger) -> Repository | None:
    """The repository at `source`; None, with the problem noted, when there is none."""
    if not source.is_dir():
        raise CorpusError(f"{source}: no such folder. Name the root of a git repository.")
    none = "no commits and no code files from it"
    try:
        repository = repository_around(source.resolve())
    except CorpusError as error:
        ledger.problem(f"{source.resolve().name}: {none} ({error})")
        return None
    if repository is None:
        ledger.problem(f"{source.resolve().name}: not a git repository, so {none}")
        return None
    if repository.place != source.resolve():
        raise CorpusError(
            f"{source} is a folder inside the git repository {repository.place}. "
            f"Give the repository instead: {repository.place}."
        )
    return repository


def _write_repositories(
    connection: sqlite3.Connection,
    repositories: Sequence[Path],
    corpora: Sequence[Corpus],
    ledger: Ledger,
) -> frozenset[Path]:
    """Write commits and code; gives the roots of the repositories."""
    documents = frozenset(corpus.root / path for corpus in corpora for path in corpus.files)
    found = {
        repository.root: repository
        for source in repositories
        if (repository := _repository_of(source, ledger))
    }
    taken: set[str] = set()
    for repository in sorted(found.values(), key=lambda known: known.name):
        name, count = repository.name, 1
        while name in taken:
            count += 1
            name = f"{repository.name}-{count}"
        taken.add(name)
        before = ledger.problems
        number = len(taken)
        commits = _write_commits(connection, number, repository, ledger)
        code_files = _write_code_files(connection, number, repository, documents, ledger)
        new = [problem for problem in ledger.problems if problem not in before]
        connection.execute(
            "INSERT INTO repositories VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                name,
                repository.head,
                repository.web.commit("{commit}") if repository.web else None,
                commits,
                code_files,
                "; ".join(new) or None,
            ),
        )
    return frozenset(found)


def _write_numbers(connection: sqlite3.Connection, name: str, numbers: Sequence[int]) -> None:
    packed = struct.pack(f"<{len(numbers)}I", *numbers)
    connection.execute("INSERT INTO row_groups VALUES (?, ?)", (name, packed))


def _finish(connection: sqlite3.Connection) -> dict[str, int]:
    """Count, merge the full-text segments into one each, and pack the file."""
    tables = ("documents", "passages", "tickets", "commits", "code_files", "code_parts")
    counts = {
        table: int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608 - names of ours
        for table in tables
    }
    connection.executemany("INSERT INTO counts VALUES (?, ?)", counts.items())
    for table, group in (("passages", "document"), ("code_parts", "file")):
        groups = [0] * (counts[table] + 1)
        for row, number in connection.execute(f"SELECT id, {group} FROM {table}"):  # noqa: S608 - names of ours
            groups[row] = number
        _write_numbers(connection, table, groups)
    _write_numbers(connection, "changelogs", changelogs(connection))
    for table in SEARCHED:
        connection.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608 - names of ours
    (language,) = connection.execute("SELECT name FROM languages").fetchone()
    write_common_terms(connection, language)
    connection.commit()
    connection.execute("VACUUM")
    return counts


def _normalise(file: Path) -> None:
    """Give the header's bytes of chance a fixed value: change counters and SQLite's version.

    Offsets: https://sqlite.org/fileformat.html#the_database_header
    """
    with file.open("r+b") as database:
        database.seek(24)
        database.write((1).to_bytes(4, "big"))
        database.seek(92)
        # Equal to the counter above: the header's size of the file is valid.
        database.write((1).to_bytes(4, "big") + (3_040_000).to_bytes(4, "big"))


def write_index(
    target: Path,
    *,
    documents: Sequence[Path],
    repositories: Sequence[Path],
    exports: Sequence[Path] = (),
    jira_url: str | None = None,
    comments: bool = False,
    bases: Sequence[str] = (),
) -> IndexReport:
    """Index documents, git repositories and Jira exports into one SQLite file.

    The same input gives the same bytes, whatever the day, the folder and the user. `target`
    is replaced when the new index is complete, never before.

    Args:
        target: the file to write.
        documents: folders of documents, read recursively, or single documents. Inside a git
            repository only what git tracks or does not ignore is read.
        repositories: roots of git repositories. One that is no repository (a downloaded
            archive, git not installed) gives nothing, and the report says so.
        exports: Jira exports, CSV or JSON; see `aoma.corpus.jira`.
        jira_url: Jira's address, for links to tickets; what an export tells when None.
        comments: whether the tickets' comments are indexed too.
        bases: addresses of the folders' documents; see `aoma.corpus.base_urls`.

    Raises:
        CorpusError: a source does not exist, a repository is named by a folder inside it, an
            export is none, or an address is none or belongs to no folder.
    """
    began = time.monotonic()
    ledger = Ledger()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".index-") as scratch:
        unfinished = Path(scratch) / target.name
        with closing(sqlite3.connect(unfinished)) as connection:
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            connection.execute("PRAGMA journal_mode = OFF")
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.executescript(TABLES)
            addresses = base_urls(bases, documents)
            corpora = write_documents(connection, documents, addresses, ledger)
            write_tickets(connection, exports, jira_url, ledger, comments=comments)
            indexed = _write_repositories(connection, repositories, corpora, ledger)
            note_unread(corpora, indexed, ledger)
            fill(connection)
            counts = _finish(connection)
            latest = newest(connection, dict.fromkeys(SOURCES))
            names = tuple(
                name for (name,) in connection.execute("SELECT name FROM repositories ORDER BY id")
            )
        _normalise(unfinished)
        os.replace(unfinished, target)  # noqa: PTH105 - atomic on every platform, as documented there
    return IndexReport(
        path=target,
        size_bytes=target.stat().st_size,
        seconds=time.monotonic() - began,
        documents=counts["documents"],
        passages=counts["passages"],
        tickets=counts["tickets"],
        commits=counts["commits"],
        code_files=counts["code_files"],
        code_parts=counts["code_parts"],
        repositories=names,
        skipped=ledger.skipped,
        problems=ledger.problems,
        newest=latest,
    )
