"""Reads documents, repositories and ticket exports into rows, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aoma.corpus.base_urls import BaseUrl, base_urls
from aoma.corpus.documents import DocumentText, anchor, is_changelog, passage_id
from aoma.corpus.documents import read_documents as read_corpora
from aoma.corpus.folders import Corpus, corpora_of
from aoma.corpus.formats.kinds import SHOWN, is_document
from aoma.corpus.jira import TicketText, read_tickets
from aoma.corpus.language import own_language_of, with_language
from aoma.corpus.report import CorpusError, Ledger
from aoma.corpus.repositories.code_files import CodeText, read_code_files
from aoma.corpus.repositories.history import CommitText, read_commits
from aoma.corpus.repositories.repository import Repository, repository_around
from mcp_app.knowledge.embedded.language.terms import identifier_parts
from mesh.failure import CommandFailedError

# A commit may change thousands of files. All are kept for filters; the words of the first
# are searched, as in the embedded index.
SEARCHED_FILES = 200
# As many as a result shows, with their lines.
LIMIT_FILES = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A row to be, of one of the six tables.

    Attributes:
        table: its table.
        id: its primary key.
        parent: the key of the document or code file that it is a part of, or None.
        row: its columns but for those that ingestion keeps itself.
        told: its parent's columns that its embedding takes in; triggers keep them in the row.
    """

    table: str
    id: str
    parent: str | None
    row: Mapping[str, Any]
    told: Mapping[str, Any] = field(default_factory=dict)

    @property
    def searched(self) -> bool:
        """Whether it is itself found, and not only what it is a part of shown with it."""
        return self.table not in {"mesh_documents", "mesh_code_files"}


@dataclass(frozen=True, slots=True)
class Source:
    """Something that is ingested as a whole: what it no longer holds is deleted.

    Attributes:
        kind: `documents`, `commits`, `code` or `tickets`.
        name: the corpus, the repository or the project.
        below: beginnings of ids, or whole ids, that belong to it; () for all of the name.
    """

    kind: str
    name: str
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read, as named on the command line."""

    documents: tuple[Path, ...] = ()
    repositories: tuple[Path, ...] = ()
    tickets: tuple[Path, ...] = ()


def _once(names: Sequence[str], what: str) -> None:
    """Two sources of one name would overwrite each other, run after run."""
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise CommandFailedError(
            f"two {what} have the name {min(twice)}, and by it their entries are told apart. "
            "Rename one of the folders, or ingest only one of them."
        )


def _scope(corpus: Corpus, places: Sequence[Path]) -> Source:
    """The part of a corpus that lies below the places named."""
    below = []
    for place in places:
        resolved = place.resolve()
        if not resolved.is_relative_to(corpus.root):
            continue
        path = resolved.relative_to(corpus.root).as_posix()
        if path == ".":
            return Source("documents", corpus.name)
        below.append(f"{corpus.name}/{path}" + ("/" if resolved.is_dir() else ""))
    return Source("documents", corpus.name, tuple(sorted(below)))


def corpora(places: Sequence[Path], ledger: Ledger) -> list[tuple[Source, Corpus]]:
    """The corpora behind folders and single documents.

    Raises:
        CommandFailedError: a folder is missing or holds no document, or two have one name.
    """
    for place in places:
        if not place.exists():
            raise CommandFailedError(f"--documents {place}: there is no such folder.")
        if not corpora_of([place], Ledger())[0].files:
            raise CommandFailedError(
                f"--documents {place}: there is no document in it. Documents are {SHOWN}."
            )
    found = corpora_of(places, ledger)
    _once(
        [corpus.repository.name if corpus.repository else corpus.root.name for corpus in found],
        "folders of documents",
    )
    return [(_scope(corpus, places), corpus) for corpus in found]


def repositories(places: Sequence[Path]) -> list[Repository]:
    """The repositories at these roots, by name.

    Raises:
        CommandFailedError: a place is no root of a git repository, or two have one name.
    """
    found = {}
    for place in places:
        try:
            repository = repository_around(place) if place.is_dir() else None
        except CorpusError as error:
            raise CommandFailedError(f"--git {place}: {error}.") from error
        if repository is None or repository.place != place.resolve():
            raise CommandFailedError(f"--git {place}: not the root of a git repository.")
        found[repository.root] = repository
    _once([repository.name for repository in found.values()], "repositories")
    return sorted(found.values(), key=lambda known: known.name)


def addresses(given: Sequence[str], folders: Sequence[Path]) -> tuple[BaseUrl, ...]:
    """The addresses of the folders' documents.

    Raises:
        CommandFailedError: one is no address, or belongs to no folder.
    """
    try:
        return base_urls(given, folders)
    except CorpusError as error:
        raise CommandFailedError(str(error)) from error


def read_documents(
    corpus: Corpus, ledger: Ledger, bases: Sequence[BaseUrl] = ()
) -> Iterator[Entry]:
    """Documents of a corpus, each before its passages."""
    for document in read_corpora([corpus], ledger, bases):
        yield from _document(corpus.name, document)


def _document(corpus: str, document: DocumentText) -> Iterator[Entry]:
    key = f"{corpus}/{document.id}"
    text = "\n".join(section.body for section in document.sections)
    headings = ["\n".join(document.heading(section)) for section in document.sections]
    row = {
        "id": key,
        "title": document.title,
        "corpus": corpus,
        "link": document.link,
        "language": own_language_of(f"{document.title}\n{text}"),
        "changelog": is_changelog(document.id, headings),
        "changed_at": document.date,
    }
    yield Entry("mesh_documents", key, None, row)
    for ordinal, section in enumerate(document.sections):
        name = passage_id(key, section)
        heading = section.heading[-1] if section.heading else ""
        words = f"{document.title}\n{heading}\n{section.body}"
        yield Entry(
            "mesh_passages",
            name,
            key,
            {
                "id": name,
                "document": key,
                "ordinal": ordinal,
                "heading": list(document.heading(section)),
                "anchor": anchor(section),
                "text": section.text,
                "identifiers": identifier_parts(words),
            },
            {"title": document.title},
        )


def read_history(repository: Repository, ledger: Ledger) -> Iterator[Entry]:
    """Commits of a repository, newest first."""
    commits = read_commits(repository, ledger)
    for commit, language in with_language(commits, lambda one: f"{one.subject}\n{one.body}"):
        yield _commit(repository, commit, language)


def _commit(repository: Repository, commit: CommitText, language: str) -> Entry:
    key = f"{repository.name}@{commit.hash}"
    files = commit.files
    paths = [file.path for file in files or ()]
    words = "\n".join((commit.subject, commit.body, *paths[:SEARCHED_FILES]))
    when = datetime.fromtimestamp(commit.timestamp, UTC)
    return Entry(
        "mesh_commits",
        key,
        None,
        {
            "id": key,
            "repository": repository.name,
            "hash": commit.hash,
            "subject": commit.subject,
            "body": commit.body,
            "author": commit.author,
            "committed_at": when.isoformat(),
            "date": commit.date,
            "files": [asdict(file) for file in (files or ())[:LIMIT_FILES]],
            "paths": paths,
            "files_changed": None if files is None else len(files),
            "additions": None if files is None else sum(file.additions or 0 for file in files),
            "deletions": None if files is None else sum(file.deletions or 0 for file in files),
            "link": repository.web.commit(commit.hash) if repository.web else None,
            "language": language,
            "identifiers": identifier_parts(words),
        },
    )


def read_code(repository: Repository, ledger: Ledger) -> Iterator[Entry]:
    """Code files of a repository, each before its parts; its documents are no code.

    They are left out whether or not this run ingests them as documents, so that one run
    does not add what the next one deletes.
    """
    documents = frozenset(
        repository.root / path for path in repository.files if is_document(repository.root, path)
    )
    for file in read_code_files(repository, documents, ledger):
        yield from _code_file(repository.name, file, repository.changed.get(file.path))


def _code_file(repository: str, file: CodeText, changed: str | None) -> Iterator[Entry]:
    key = f"{repository}/{file.path}"
    yield Entry(
        "mesh_code_files",
        key,
        None,
        {
            "id": key,
            "repository": repository,
            "path": file.path,
            "language": file.language,
            "extension": file.extension,
            "size_bytes": file.size_bytes,
            "lines": file.lines,
            "link": file.link,
            "changed_at": changed,
        },
    )
    for part in file.parts:
        name = f"{key}#L{part.start}-L{part.end}"
        words = "\n".join((file.path, " ".join(part.symbols), part.text))
        yield Entry(
            "mesh_code_parts",
            name,
            key,
            {
                "id": name,
                "file": key,
                "start_line": part.start,
                "end_line": part.end,
                "text": part.text,
                "symbols": list(part.symbols),
                "identifiers": identifier_parts(words),
            },
            {"path": file.path},
        )


def read_exports(
    places: Sequence[Path], base_url: str | None, ledger: Ledger, *, comments: bool = False
) -> Iterator[Entry]:
    """Tickets of Jira exports, by project.

    Raises:
        CommandFailedError: a file is no Jira export.
    """
    try:
        tickets = read_tickets(places, ledger, base_url, comments=comments)
        for ticket, language in with_language(
            iter(tickets), lambda one: f"{one.summary}\n{one.description}"
        ):
            yield _ticket(ticket, language)
    except CorpusError as error:
        raise CommandFailedError(f"--jira {error}") from error


def _ticket(ticket: TicketText, language: str) -> Entry:
    words = f"{ticket.summary}\n{ticket.description}"
    return Entry(
        "mesh_tickets",
        ticket.key,
        None,
        {
            "key": ticket.key,
            "project": ticket.project,
            "type": ticket.type,
            "status": ticket.status,
            "priority": ticket.priority,
            "summary": ticket.summary,
            "description": ticket.description,
            "labels": list(ticket.labels),
            "assignee": ticket.assignee,
            "link": ticket.link,
            "created_at": ticket.created,
            "updated_at": ticket.updated,
            "language": language,
            "identifiers": identifier_parts(words),
        },
    )
