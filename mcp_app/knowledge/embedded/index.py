"""The embedded index at run time: searches over documents, commits and code files."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence

from mcp_app.knowledge.embedded.hits import code_file, commit, document, passage
from mcp_app.knowledge.embedded.index_file import IndexFile
from mcp_app.knowledge.embedded.ranking import Ranked, Ranking, rank
from mcp_app.knowledge.embedded.schema import (
    CODE_WEIGHTS,
    COMMIT_WEIGHTS,
    DOCUMENT_WEIGHTS,
    SCHEMA_VERSION,
)
from mcp_app.knowledge.embedded.selection import code_parts_that_pass, commits_that_pass
from mcp_app.knowledge.filters import path_matcher, period
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    Passage,
    Repository,
    SearchResult,
    Statistics,
)

LIMIT_SECONDS = 5.0


class EmbeddedIndex:
    """An open index; safe to use from several threads at once.

    Every search takes `max_results` (1 or more), `threshold` (lowest coverage of a hit, 0
    to 1) and `limit_seconds`.

    Args:
        path: the index file.

    Raises:
        SourceUnavailableError: see `open_index`; from every search too, should the file
            turn out damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = IndexFile(path)
        self._known_groups: dict[str, list[int]] = {}
        try:
            with self._file.connection() as connection:
                self._counts: dict[str, int] = dict(
                    connection.execute("SELECT name, value FROM counts").fetchall()
                )
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file; searches still running in other threads end undisturbed."""
        self._file.close()

    def _groups(self, connection: sqlite3.Connection, select: str) -> list[int]:
        """The group of each row, from row 0, which there is not; read once."""
        if select not in self._known_groups:
            # Rows are numbered from 1 without gaps. Two threads may both read them; the
            # result is the same.
            self._known_groups[select] = [0, *(group for (group,) in connection.execute(select))]
        return self._known_groups[select]

    def search_documents(
        self,
        query: str,
        *,
        context: str = "",
        max_results: int = 10,
        threshold: float = 0.0,
        limit_seconds: float = LIMIT_SECONDS,
    ) -> SearchResult[Passage]:
        """Passages of documents.

        Args:
            query: words to look for in titles, headings and text.
            context: what the query is about: its words bring passages forward and raise
                their score, and do not change their coverage.
            max_results: see the class.
            threshold: see the class.
            limit_seconds: see the class.

        Raises:
            ValueError: `max_results` or `threshold` is out of range.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        _check(max_results, threshold)
        with self._file.connection(limit_seconds) as connection:
            ranking = rank(
                connection,
                "passages_text",
                DOCUMENT_WEIGHTS,
                total=self._counts["passages"],
                query=query,
                context=context,
                groups=self._groups(connection, "SELECT document FROM passages ORDER BY id"),
            )
            chosen = _chosen(ranking.entries, max_results, threshold)
            hits = tuple(passage(connection, entry) for entry in chosen)
        return _result(ranking, hits, threshold, "documents", len(ranking.entries))

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
    ) -> SearchResult[Commit]:
        """Git commits.

        Args:
            query: words to look for in messages and in the names of changed files.
            repository: names, without regard to case; any of them.
            author: parts of the author's name, without regard to case; any of them.
            date_from: ISO 8601, of the author's date; a date alone is the day's begin, UTC.
            date_to: likewise; a date alone is the day's end.
            file_pattern: a glob that one of the changed files matches; see `path_matcher`.
            max_results: see the class.
            threshold: see the class.
            limit_seconds: see the class.

        Raises:
            ValueError: a date, the pattern, `max_results` or `threshold` is wrong.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        _check(max_results, threshold)
        within = period(date_from, date_to)
        matches = path_matcher(file_pattern) if file_pattern is not None else None
        with self._file.connection(limit_seconds) as connection:
            allowed = commits_that_pass(
                connection, repository=repository, author=author, period=within, matches=matches
            )
            ranking = rank(
                connection,
                "commits_text",
                COMMIT_WEIGHTS,
                total=self._counts["commits"],
                query=query,
                allowed=allowed,
            )
            chosen = _chosen(ranking.entries, max_results, threshold)
            hits = tuple(commit(connection, entry) for entry in chosen)
        return _result(ranking, hits, threshold, "commits", len(ranking.entries), allowed)

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

        Raises:
            ValueError: `max_results` or `threshold` is out of range.
            SearchTimeoutError: it took longer than `limit_seconds`.
        """
        _check(max_results, threshold)
        with self._file.connection(limit_seconds) as connection:
            allowed = code_parts_that_pass(
                connection, repository=repository, language=language, file_extension=file_extension
            )
            files = self._groups(connection, "SELECT file FROM code_parts ORDER BY id")
            ranking = rank(
                connection,
                "code_parts_text",
                CODE_WEIGHTS,
                total=self._counts["code_parts"],
                query=query,
                groups=files,
                allowed=allowed,
            )
            best: dict[int, Ranked] = {}
            for entry in ranking.entries:
                if entry.coverage >= threshold:
                    best.setdefault(files[entry.row], entry)
            hits = tuple(code_file(connection, entry) for entry in [*best.values()][:max_results])
            candidates = len({files[entry.row] for entry in ranking.entries})
        return _result(ranking, hits, threshold, "code", candidates, allowed)

    def get_document(self, id: str) -> Document | None:  # noqa: A002 - the word of every result
        """The whole document with this id, or the one that a passage's id lies in.

        None when there is none.
        """
        with self._file.connection(LIMIT_SECONDS) as connection:
            return document(connection, id)

    def statistics(self) -> Statistics:
        """What the index holds."""
        with self._file.connection(LIMIT_SECONDS) as connection:
            corpora = connection.execute("SELECT name FROM corpora ORDER BY name").fetchall()
            repositories = connection.execute(
                "SELECT name, head, commits, code_files, problem FROM repositories ORDER BY id"
            ).fetchall()
        return Statistics(
            schema_version=SCHEMA_VERSION,
            size_bytes=self._file.size_bytes,
            documents=self._counts["documents"],
            passages=self._counts["passages"],
            commits=self._counts["commits"],
            code_files=self._counts["code_files"],
            code_parts=self._counts["code_parts"],
            corpora=tuple(name for (name,) in corpora),
            repositories=tuple(
                Repository(name=name, commit=head, commits=commits, code_files=files, problem=note)
                for name, head, commits, files, note in repositories
            ),
        )


def open_index(path: str | os.PathLike[str]) -> EmbeddedIndex:
    """Open the index that the zip carries.

    Raises:
        SourceUnavailableError: it is missing, no index, cut off, or of a schema version
            that this server does not read.
    """
    return EmbeddedIndex(path)


def _check(max_results: int, threshold: float) -> None:
    if max_results < 1:
        raise ValueError(f"max_results: {max_results} is less than 1.")
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold: {threshold} is not between 0 and 1.")


def _chosen(entries: Sequence[Ranked], max_results: int, threshold: float) -> list[Ranked]:
    return [entry for entry in entries if entry.coverage >= threshold][:max_results]


def _result[Hit](
    ranking: Ranking,
    hits: tuple[Hit, ...],
    threshold: float,
    source: str,
    candidates: int,
    allowed: set[int] | None = None,
) -> SearchResult[Hit]:
    reason = None
    if not ranking.terms:
        reason = "The query has no word to search for: it is empty, or only stop words and signs."
    elif allowed is not None and not allowed:
        reason = f"Nothing in the {source} passes the filters."
    elif not candidates:
        within = source if allowed is None else f"{source} that pass the filters"
        reason = f"None of the query's words is in the {within}."
    elif not hits:
        best = max(entry.coverage for entry in ranking.entries)
        reason = (
            f"No hit covers {threshold:.0%} of the query; the best of {candidates} "
            # Rounded down: 39.9 % is not said to be 40 %.
            f"covers {int(best * 100)}%."
        )
    return SearchResult(
        hits=hits,
        mode="keyword",
        candidates=candidates,
        terms=ranking.terms,
        unknown_terms=ranking.unknown,
        ignored_terms=ranking.ignored,
        threshold=threshold,
        # Filled in by the backend, which knows how long the call took.
        sources=(),
        reason=reason,
    )
