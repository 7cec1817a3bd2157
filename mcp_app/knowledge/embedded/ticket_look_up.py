"""Tickets by their keys in a query, and tickets counted."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence

from mcp_app.knowledge.embedded.rank.ranked import Ranked
from mcp_app.knowledge.results import Tally, TicketCount

_KEY = r"(?<![A-Za-z0-9_-])[A-Za-z][A-Za-z0-9_]*-[0-9]{1,12}(?![A-Za-z0-9_])"
# A pasted list of keys is a list and no question.
_LIMIT_KEYS = 32


def named_first(
    connection: sqlite3.Connection, query: str, entries: Sequence[Ranked], threshold: float
) -> list[Ranked]:
    """Entries that reach the threshold, those whose keys the query names before all others."""
    keys = [*dict.fromkeys(key.upper() for key in re.findall(_KEY, query))][:_LIMIT_KEYS]
    rows: dict[int, int] = {}
    for place, key in enumerate(keys):
        found = connection.execute("SELECT id FROM tickets WHERE key = ?", (key,)).fetchone()
        if found:
            rows[found[0]] = place
    named = sorted(
        (entry for entry in entries if entry.row in rows), key=lambda entry: rows[entry.row]
    )
    others = (entry for entry in entries if entry.row not in rows)
    return [*named, *(entry for entry in others if entry.coverage >= threshold)]


def _tallies(values: Iterable[str | None]) -> tuple[Tally, ...]:
    counted = Counter(values)
    ordered = sorted(counted.items(), key=lambda one: (-one[1], one[0] is None, one[0] or ""))
    return tuple(Tally(value=value, count=count) for value, count in ordered)


def tallied(connection: sqlite3.Connection, allowed: set[int] | None) -> TicketCount:
    """The tickets in these rows, counted; all of them for None."""
    rows = [
        values
        for row, *values in connection.execute("SELECT id, project, status, priority FROM tickets")
        if allowed is None or row in allowed
    ]
    projects, statuses, priorities = zip(*rows, strict=True) if rows else ((), (), ())
    return TicketCount(
        total=len(rows),
        by_project=_tallies(projects),
        by_status=_tallies(statuses),
        by_priority=_tallies(priorities),
    )
