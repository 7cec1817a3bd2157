"""What callers ask, as the database's functions take it: parameters, never parts of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mcp_app.knowledge.embedded.language.terms import query_words
from mcp_app.knowledge.filters import period
from mcp_app.knowledge.supabase.path_regex import path_regex

# Distinct words searched for, as mesh_terms() takes them.
LIMIT_TERMS = 64


def clean(text: str) -> str:
    """`text` as PostgreSQL can hold it: without NUL and without halves of surrogate pairs."""
    return text.encode(errors="replace").decode().replace("\x00", " ")


def terms(query: str) -> tuple[list[str], list[str]]:
    """The query's distinct words, as asked, and those beyond the limit."""
    distinct: dict[str, str] = {}
    for word in query_words(query):
        distinct.setdefault(word.casefold(), word)
    words = list(distinct.values())
    return words[:LIMIT_TERMS], words[LIMIT_TERMS:]


def names(values: Sequence[str]) -> list[str] | None:
    """Names to filter by; None for no filter."""
    return [clean(value).strip() for value in values if value.strip()] or None


def _timestamp(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError):
        # The end of the last day that there is rounds to the year 10000; PostgreSQL knows this.
        return "infinity" if seconds > 0 else "-infinity"


def commit_filters(
    *,
    repository: Sequence[str],
    author: Sequence[str],
    date_from: str | None,
    date_to: str | None,
    file_pattern: str | None,
) -> dict[str, Any]:
    """Filters of `mesh_search_commits`.

    Raises:
        ValueError: a date or the pattern is none.
    """
    first, last = period(date_from, date_to)
    return {
        "p_repository": names(repository),
        "p_author": names(author),
        "p_from": _timestamp(first),
        "p_to": _timestamp(last),
        "p_path_regex": None if file_pattern is None else path_regex(clean(file_pattern)),
    }


def ticket_filters(
    *, project: str | None, status: Sequence[str], priority: Sequence[str]
) -> dict[str, Any]:
    """Filters of `mesh_search_tickets` and `mesh_count_tickets`."""
    return {
        "p_project": clean(project).strip() if project and project.strip() else None,
        "p_status": names(status),
        "p_priority": names(priority),
    }
