"""The embedded index at run time: searches over all that it holds."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence

from mcp_app.knowledge.backend import PER_DOCUMENT
from mcp_app.knowledge.embedded.hits import (
    code_file,
    code_item,
    commit,
    commit_item,
    document,
    document_entries,
    newest,
    passage,
    statistics,
    ticket,
    ticket_hit,
)
from mcp_app.knowledge.embedded.index_file import IndexFile
from mcp_app.knowledge.embedded.outcome import best_of, check_limits, result_of
from mcp_app.knowledge.embedded.rank.ranking import rank
from mcp_app.knowledge.embedded.schema import (
    CODE_WEIGHTS,
    COMMIT_WEIGHTS,
    DOCUMENT_WEIGHTS,
    TICKET_WEIGHTS,
)
from mcp_app.knowledge.embedded.selection import (
    code_parts_that_pass,
    commits_that_pass,
    rows_within,
    tickets_that_pass,
)
from mcp_app.knowledge.embedded.ticket_look_up import named_first, tallied
from mcp_app.knowledge.filters import path_matcher, period
from mcp_app.knowledge.item import Item
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    DocumentEntry,
    Passage,
    SearchResult,
    Statistics,
    Ticket,
    TicketCount,
    TicketHit,
)
from mcp_app.knowledge.scope import SOURCES

LIMIT_SECONDS = 5.0
EVERYTHING: Mapping[str, frozenset[str] | None] = dict.fromkeys(SOURCES)


class EmbeddedIndex:
    """An open index; safe to use from several threads at once.

    Every search takes `max_results` (1 or more), `threshold` (lowest coverage of a hit, 0
    to 1), `limit_seconds`, and `parts`: the corpora, projects or repositories that there are
    for this caller; None for all. A filter or a query about another finds nothing.

    Args:
        path: the index file.

    Raises:
        SourceUnavailableError: see `open_index`; from every search too, should the file
            turn out damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = IndexFile(path)
        self._known_groups: dict[str, Sequence[int]] = {}
        try:
            with self._file.connection() as connection:
                self._counts: dict[str, int] = dict(
                    connection.execute("SELECT name, value FROM counts").fetchall()
                )
                self._language: str = connection.execute("SELECT name FROM languages").fetchone()[0]
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file; searches still running in other threads end undisturbed."""
        self._file.close()

    @property
    def holds_tickets(self) -> bool:
        """Whether a Jira export is in the index."""
        return self._counts["tickets"] > 0

    def _groups(self, connection: sqlite3.Connection, table: str) -> Sequence[int]:
        """The group of each row of a table, from row 0, which there is not; read once.

        `changelogs` are the documents that are changelogs.
        """
        if table not in self._known_groups:
            # Two threads may both read them; the result is the same.
            select = "SELECT groups FROM row_groups WHERE name = ?"
            packed: bytes = connection.execute(select, (table,)).fetchone()[0]
            # As the processors of Lambda and of this project have numbers, little-endian.
            self._known_groups[table] = memoryview(packed).cast("I")
        return self._known_groups[table]

    def search_documents(
        self,
        query: str,
        *,
        context: str = "",
        max_results: int = 10,
        per_document: int = PER_DOCUMENT,
        threshold: float = 0.0,
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> SearchResult[Passage]:
        """Passages of documents.

        Args:
            query: words to look for in titles, headings and text.
            context: what the query is about: its words bring passages forward and raise
                their score, and do not change their coverage.
            max_results: see the class.
            per_document: passages of one document at most.
            threshold: see the class.
            limit_seconds: see the class.
            parts: see the class.

        Raises:
            ValueError: `max_results` or `threshold` is out of range.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        check_limits(max_results, threshold)
        with self._file.connection(limit_seconds) as connection:
            documents = self._groups(connection, "passages")
            visible = rows_within(connection, "documents", parts)
            ranking = rank(
                connection,
                "passages_text",
                DOCUMENT_WEIGHTS,
                total=self._counts["passages"],
                query=query,
                language=self._language,
                context=context,
                groups=documents,
                changelogs=self._groups(connection, "changelogs"),
                visible=visible,
            )
            chosen = best_of(ranking.entries, max_results, threshold, documents, per_document)
            hits = tuple(passage(connection, entry) for entry in chosen)
        return result_of(ranking, hits, threshold, "documents", ranking.candidates)

    def search_commits(
        self,
        query: str,
        *,
        repository: Sequence[str] = (),
        author: Sequence[str] = (),
        date_from: str | None = None,
        date_to: str | None = None,
        file_pattern: str | None = None,
        max_results: int = 10,
        threshold: float = 0.0,
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> SearchResult[Commit]:
        """Git commits.

        Args:
            query: words to look for in messages and in the names of changed files.
            repository: names, without regard to case; any of them.
            author: parts of the author's name, without regard to case; any of them.
            date_from: ISO 8601, of the author's date; a date alone is the day's begin, UTC.
            date_to: as above; a date alone is the day's end.
            file_pattern: a glob that one of the changed files matches; see `path_matcher`.
            max_results: see the class.
            threshold: see the class.
            limit_seconds: see the class.
            parts: see the class.

        Raises:
            ValueError: a date, the pattern, `max_results` or `threshold` is wrong.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        check_limits(max_results, threshold)
        within = period(date_from, date_to)
        matches = path_matcher(file_pattern) if file_pattern is not None else None
        with self._file.connection(limit_seconds) as connection:
            visible = rows_within(connection, "commits", parts)
            allowed = commits_that_pass(
                connection, repository=repository, author=author, period=within, matches=matches
            )
            ranking = rank(
                connection,
                "commits_text",
                COMMIT_WEIGHTS,
                total=self._counts["commits"],
                query=query,
                language=self._language,
                allowed=allowed,
                visible=visible,
            )
            chosen = best_of(ranking.entries, max_results, threshold)
            hits = tuple(commit(connection, entry) for entry in chosen)
        return result_of(
            ranking, hits, threshold, "commits", ranking.candidates, _both(allowed, visible)
        )

    def search_code(
        self,
        query: str,
        *,
        repository: Sequence[str] = (),
        language: Sequence[str] = (),
        file_extension: Sequence[str] = (),
        max_results: int = 10,
        threshold: float = 0.0,
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> SearchResult[CodeFile]:
        """Code files, each by the part of it that fits best.

        Args:
            query: words or identifiers to look for in paths, definitions and text.
            repository: names, without regard to case; any of them.
            language: such as Python or TypeScript, without regard to case; any of them.
            file_extension: such as py or .py; any of them.
            max_results: see the class.
            threshold: see the class.
            limit_seconds: see the class.
            parts: see the class.

        Raises:
            ValueError: `max_results` or `threshold` is out of range.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        check_limits(max_results, threshold)
        with self._file.connection(limit_seconds) as connection:
            visible = rows_within(connection, "code", parts)
            allowed = code_parts_that_pass(
                connection, repository=repository, language=language, file_extension=file_extension
            )
            files = self._groups(connection, "code_parts")
            ranking = rank(
                connection,
                "code_parts_text",
                CODE_WEIGHTS,
                total=self._counts["code_parts"],
                query=query,
                language=self._language,
                groups=files,
                allowed=allowed,
                visible=visible,
            )
            chosen = best_of(ranking.entries, max_results, threshold, files)
            hits = tuple(code_file(connection, entry) for entry in chosen)
            candidates = len({files[entry.row] for entry in ranking.entries})
        return result_of(ranking, hits, threshold, "code", candidates, _both(allowed, visible))

    def search_tickets(
        self,
        query: str,
        *,
        project: str | None = None,
        status: Sequence[str] = (),
        priority: Sequence[str] = (),
        max_results: int = 10,
        threshold: float = 0.0,
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> SearchResult[TicketHit]:
        """Tickets; one whose key the query names comes first, whatever its coverage.

        Args:
            query: words to look for in summaries, descriptions and labels, or keys.
            project: a project's key, without regard to case.
            status: names, without regard to case; any of them.
            priority: as above.
            max_results: see the class.
            threshold: see the class.
            limit_seconds: see the class.
            parts: see the class.

        Raises:
            ValueError: `max_results` or `threshold` is out of range.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        check_limits(max_results, threshold)
        with self._file.connection(limit_seconds) as connection:
            visible = rows_within(connection, "tickets", parts)
            allowed = tickets_that_pass(
                connection, project=project, status=status, priority=priority
            )
            ranking = rank(
                connection,
                "tickets_text",
                TICKET_WEIGHTS,
                total=self._counts["tickets"],
                query=query,
                language=self._language,
                allowed=allowed,
                visible=visible,
            )
            chosen = named_first(connection, query, ranking.entries, threshold)[:max_results]
            hits = tuple(ticket_hit(connection, entry) for entry in chosen)
        return result_of(
            ranking, hits, threshold, "tickets", ranking.candidates, _both(allowed, visible)
        )

    def get_ticket(self, key: str, parts: frozenset[str] | None = None) -> Ticket | None:
        """The whole ticket with this key, without regard to case; None when there is none."""
        with self._file.connection(LIMIT_SECONDS) as connection:
            found = ticket(connection, key)
        hidden = found is not None and parts is not None and found.project not in parts
        return None if hidden else found

    def get_item(self, source: str, id: str, parts: frozenset[str] | None) -> Item | None:  # noqa: A002 - the word of every result
        """The whole commit or code file with this id; None when there is none."""
        read = {"commits": commit_item, "code": code_item}[source]
        with self._file.connection(LIMIT_SECONDS) as connection:
            found = read(connection, id)
        hidden = found is not None and parts is not None and found.within not in parts
        return None if hidden else found

    def count_tickets(
        self,
        *,
        project: str | None = None,
        status: Sequence[str] = (),
        priority: Sequence[str] = (),
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> TicketCount:
        """How many tickets pass the filters; see `search_tickets`."""
        with self._file.connection(limit_seconds) as connection:
            allowed = tickets_that_pass(
                connection, project=project, status=status, priority=priority
            )
            return tallied(connection, _both(allowed, rows_within(connection, "tickets", parts)))

    def get_document(
        self,
        id: str,  # noqa: A002 - the word of every result
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> Document | None:
        """The whole document with this id, or the one that a passage's id lies in.

        None when there is none.
        """
        with self._file.connection(limit_seconds) as connection:
            return document(connection, id, parts)

    def list_documents(
        self,
        *,
        prefix: str = "",
        after: str = "",
        limit: int = 100,
        limit_seconds: float = LIMIT_SECONDS,
        parts: frozenset[str] | None = None,
    ) -> list[DocumentEntry]:
        """Documents in the order of their ids, whose ids begin with `prefix`, after `after`."""
        with self._file.connection(limit_seconds) as connection:
            return document_entries(
                connection, prefix=prefix, after=after, limit=limit, corpora=parts
            )

    def newest(self, scope: Mapping[str, frozenset[str] | None] = EVERYTHING) -> str | None:
        """The latest date in these parts of each source, ISO 8601; None if nothing has one."""
        with self._file.connection(LIMIT_SECONDS) as connection:
            return newest(connection, scope)

    def statistics(self, scope: Mapping[str, frozenset[str] | None] = EVERYTHING) -> Statistics:
        """What the index holds in these parts of each source; None for all of one."""
        with self._file.connection(LIMIT_SECONDS) as connection:
            return statistics(connection, self._counts, self._file.size_bytes, scope)


def _both(first: set[int] | None, second: set[int] | None) -> set[int] | None:
    """What is in both sets, of which None holds everything."""
    if first is None or second is None:
        return second if first is None else first
    return first & second


def open_index(path: str | os.PathLike[str]) -> EmbeddedIndex:
    """Open the index that the zip carries.

    Raises:
        SourceUnavailableError: it is missing, no index, cut off, or of a schema version
            that this server does not read.
    """
    return EmbeddedIndex(path)
