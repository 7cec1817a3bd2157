"""Which rows pass the filters of a search; every value is bound, none is pasted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from mcp_app.knowledge.filters import folded


class _Conditions:
    """Conditions of a query and the values bound in them, in the same order."""

    def __init__(self) -> None:
        self.clauses: list[str] = []
        self.values: list[object] = []

    def add(self, clause: str, value: object) -> None:
        """Demand a clause with one `?` in it."""
        self.clauses.append(clause)
        self.values.append(value)

    def any_of(self, clause: str, wanted: Iterable[object]) -> None:
        """Demand a clause in which `(?)` stands for any of the wanted values."""
        self.add(clause.replace("(?)", "(SELECT value FROM json_each(?))"), json.dumps([*wanted]))

    def rows(self, connection: sqlite3.Connection, select: str) -> set[int] | None:
        """Rows that meet all conditions; None when there are none to meet."""
        if not self.clauses:
            return None
        found = connection.execute(f"{select} WHERE {' AND '.join(self.clauses)}", self.values)
        return {row for (row,) in found}


def _repositories(connection: sqlite3.Connection, wanted: Sequence[str]) -> list[int]:
    names = folded(wanted)
    rows = connection.execute("SELECT id, name FROM repositories")
    return [number for number, name in rows if name.casefold() in names]


def rows_within(
    connection: sqlite3.Connection, source: str, parts: frozenset[str] | None
) -> set[int] | None:
    """Rows of the table that a source is searched in which belong to these parts; None for all.

    Args:
        connection: one lent by `IndexFile`.
        source: `documents`, `tickets`, `commits` or `code`.
        parts: corpora, projects or repositories; None for all.
    """
    if parts is None:
        return None
    among = "IN (SELECT value FROM json_each(?))"
    found = connection.execute(_WITHIN[source].format(among), (json.dumps([*parts]),))
    return {row for (row,) in found}


_WITHIN = {
    "documents": "SELECT p.id FROM passages AS p JOIN documents AS d ON d.id = p.document "
    "WHERE d.corpus {}",
    "tickets": "SELECT id FROM tickets WHERE project {}",
    "commits": "SELECT c.id FROM commits AS c JOIN repositories AS r ON r.id = c.repository "
    "WHERE r.name {}",
    "code": "SELECT p.id FROM code_parts AS p JOIN code_files AS f ON f.id = p.file "
    "JOIN repositories AS r ON r.id = f.repository WHERE r.name {}",
}


def tickets_that_pass(
    connection: sqlite3.Connection,
    *,
    project: str | None,
    status: Sequence[str],
    priority: Sequence[str],
) -> set[int] | None:
    """Rows of tickets; None when there is no filter.

    Args:
        connection: one lent by `IndexFile`.
        project: a project's key.
        status: names, any of them.
        priority: names, any of them.
    """
    conditions = _Conditions()
    for column, wanted in (
        ("project", [project] if project is not None else []),
        ("status", status),
        ("priority", priority),
    ):
        if wanted:
            # SQLite's own lower() knows no letter beyond ASCII.
            names = folded(wanted)
            known = connection.execute(f"SELECT DISTINCT {column} FROM tickets")  # noqa: S608 - a column of ours
            conditions.any_of(
                f"{column} IN (?)", [name for (name,) in known if name and name.casefold() in names]
            )
    return conditions.rows(connection, "SELECT id FROM tickets")


def commits_that_pass(
    connection: sqlite3.Connection,
    *,
    repository: Sequence[str],
    author: Sequence[str],
    period: tuple[float | None, float | None],
    matches: Callable[[str], bool] | None,
) -> set[int] | None:
    """Rows of commits; None when there is no filter.

    Args:
        connection: one lent by `IndexFile`.
        repository: names, any of them.
        author: parts of names, any of them.
        period: begin and end in seconds since 1970, each None when open.
        matches: a test that one of the changed files has to pass.
    """
    conditions = _Conditions()
    first, last = period
    if first is not None:
        conditions.add("timestamp >= ?", first)
    if last is not None:
        conditions.add("timestamp <= ?", last)
    if repository:
        conditions.any_of("repository IN (?)", _repositories(connection, repository))
    if author:
        wanted = folded(author)
        known = connection.execute("SELECT DISTINCT author FROM commits")
        conditions.any_of(
            "author IN (?)",
            [name for (name,) in known if any(part in name.casefold() for part in wanted)],
        )
    if matches is not None:
        paths = connection.execute("SELECT id, path FROM paths")
        conditions.any_of(
            "id IN (SELECT commit_id FROM changes WHERE path IN (?))",
            [number for number, path in paths if matches(path)],
        )
    return conditions.rows(connection, "SELECT id FROM commits")


def code_parts_that_pass(
    connection: sqlite3.Connection,
    *,
    repository: Sequence[str],
    language: Sequence[str],
    file_extension: Sequence[str],
) -> set[int] | None:
    """Rows of parts of code files; None when there is no filter.

    Args:
        connection: one lent by `IndexFile`.
        repository: names, any of them.
        language: names, any of them.
        file_extension: with or without the dot, any of them.
    """
    conditions = _Conditions()
    if repository:
        conditions.any_of("repository IN (?)", _repositories(connection, repository))
    if language:
        conditions.any_of("lower(language) IN (?)", folded(language))
    if file_extension:
        extensions = [extension.removeprefix(".") for extension in folded(file_extension)]
        conditions.any_of("extension IN (?)", extensions)
    return conditions.rows(
        connection, "SELECT code_parts.id FROM code_parts JOIN code_files ON code_files.id = file"
    )
