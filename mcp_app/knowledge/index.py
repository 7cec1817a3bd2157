"""The embedded index at run time: searches over documents, commits and code files."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence

from mcp_app.knowledge.filters import folded, path_matcher, period
from mcp_app.knowledge.hits import code_file, commit, passage
from mcp_app.knowledge.index_file import IndexFile
from mcp_app.knowledge.ranking import Ranked, Ranking, rank
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    Passage,
    Repository,
    SearchResult,
    Statistics,
)
from mcp_app.knowledge.schema import (
    CODE_WEIGHTS,
    COMMIT_WEIGHTS,
    DOCUMENT_WEIGHTS,
    SCHEMA_VERSION,
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
        first, last = period(date_from, date_to)
        matches = path_matcher(file_pattern) if file_pattern is not None else None
        conditions: list[str] = []
        values: list[object] = []
        if first is not None:
            conditions.append("timestamp >= ?")
            values.append(first)
        if last is not None:
            conditions.append("timestamp <= ?")
            values.append(last)
        with self._file.connection(limit_seconds) as connection:
            if repository:
                conditions.append(_any("repository", _repositories(connection, repository), values))
            if author:
                wanted = folded(author)
                known = [
                    name
                    for (name,) in connection.execute("SELECT DISTINCT author FROM commits")
                    if any(part in name.casefold() for part in wanted)
                ]
                conditions.append(_any("author", known, values))
            if matches is not None:
                paths = [
                    number
                    for number, path in connection.execute("SELECT id, path FROM paths")
                    if matches(path)
                ]
                inside = _any("path", paths, values)
                conditions.append(f"id IN (SELECT commit_id FROM changes WHERE {inside})")  # noqa: S608 - bound values
            allowed = _allowed(connection, "SELECT id FROM commits", conditions, values)
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
        conditions: list[str] = []
        values: list[object] = []
        with self._file.connection(limit_seconds) as connection:
            if repository:
                conditions.append(_any("repository", _repositories(connection, repository), values))
            if language:
                conditions.append(_any("lower(language)", sorted(folded(language)), values))
            if file_extension:
                wanted = sorted(value.removeprefix(".") for value in folded(file_extension))
                conditions.append(_any("extension", wanted, values))
            allowed = _allowed(
                connection,
                "SELECT code_parts.id FROM code_parts JOIN code_files ON code_files.id = file",
                conditions,
                values,
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
                best.setdefault(files[entry.row], entry)
            chosen = _chosen(tuple(best.values()), max_results, threshold)
            hits = tuple(code_file(connection, entry) for entry in chosen)
        return _result(ranking, hits, threshold, "code", len(best), allowed)

    def get_document(self, id: str) -> Document | None:  # noqa: A002 - the word of every result
        """The whole document with this id, or the one that a passage's id lies in.

        None when there is none.
        """
        with self._file.connection(LIMIT_SECONDS) as connection:
            found = connection.execute(
                "SELECT id, name, title, corpus, link FROM documents WHERE name = ? "
                "OR id = (SELECT document FROM passages WHERE name = ?)",
                (id, id),
            ).fetchone()
            if found is None:
                return None
            number, name, title, corpus, link = found
            rows = connection.execute(
                "SELECT name, text FROM passages WHERE document = ? ORDER BY id", (number,)
            ).fetchall()
        return Document(
            id=name,
            title=title,
            text="\n\n".join(text for _, text in rows),
            link=link,
            corpus=corpus,
            passages=tuple(passage for passage, _ in rows),
        )

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


def _any(column: str, wanted: Sequence[object], values: list[object]) -> str:
    """A condition that the column has one of the wanted values, which are bound."""
    values.append(json.dumps(wanted))
    return f"{column} IN (SELECT value FROM json_each(?))"  # noqa: S608 - columns of ours


def _repositories(connection: sqlite3.Connection, wanted: Sequence[str]) -> list[int]:
    names = folded(wanted)
    rows = connection.execute("SELECT id, name FROM repositories")
    return [number for number, name in rows if name.casefold() in names]


def _allowed(
    connection: sqlite3.Connection, select: str, conditions: list[str], values: list[object]
) -> set[int] | None:
    """Rows that meet all conditions; None when there are none to meet."""
    if not conditions:
        return None
    return {
        row for (row,) in connection.execute(f"{select} WHERE {' AND '.join(conditions)}", values)
    }


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
            f"covers {best:.0%}."
        )
    return SearchResult(
        hits=hits,
        candidates=candidates,
        terms=ranking.terms,
        unknown_terms=ranking.unknown,
        ignored_terms=ranking.ignored,
        threshold=threshold,
        reason=reason,
    )
