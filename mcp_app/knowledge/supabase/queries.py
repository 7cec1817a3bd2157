"""What callers ask, as the database's functions take it: parameters, never parts of SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mcp_app.knowledge.embedded.language.terms import query_words
from mcp_app.knowledge.filters import path_matcher, period

# Distinct words searched for, as mesh_terms() takes them.
LIMIT_TERMS = 64
ANY_FOLDERS = "**"


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


def _character(character: str) -> str:
    """The character itself, whatever it means elsewhere."""
    if character.isascii() and (character.isalnum() or character == "_"):
        return character
    return f"\\U{ord(character):08X}"


def _ranges(body: str) -> list[tuple[str, str]]:
    """The ranges of a bracket's inside, single characters as ranges of themselves.

    As Python's fnmatch reads them: a hyphen first or last is itself, a range the wrong way
    round is empty.
    """
    ranges = []
    at = 0
    while at < len(body):
        if at + 2 < len(body) and body[at + 1] == "-":
            ranges.append((body[at], body[at + 2]))
            at += 3
        else:
            ranges.append((body[at], body[at]))
            at += 1
    return [(first, last) for first, last in ranges if first <= last]


def _bracket(body: str) -> str:
    negated = body.startswith("!")
    ranges = _ranges(body[1:] if negated else body)
    if not ranges:
        return "[^/]" if negated else "(?!)"
    inside = "".join(
        _character(first) if first == last else f"{_character(first)}-{_character(last)}"
        for first, last in ranges
    )
    # A range may hold the slash, and no part of a path does.
    return f"(?!/)[{'^' if negated else ''}{inside}]"


def _part(step: str) -> str:
    """The expression of one part of a path, without slashes."""
    made = []
    at = 0
    while at < len(step):
        character = step[at]
        at += 1
        if character == "*":
            made.append("[^/]*")
        elif character == "?":
            made.append("[^/]")
        elif character == "[":
            # The first character of a bracket may be its end, and is itself then.
            begin = at + 1 if step[at : at + 1] == "!" else at
            end = step.find("]", begin + 1)
            if end == -1:
                made.append(_character("["))
            else:
                made.append(_bracket(step[at:end]))
                at = end + 1
        else:
            made.append(_character(character))
    return "".join(made)


def path_regex(glob: str) -> str:
    """The expression that matches the paths that `path_matcher(glob)` does.

    Raises:
        ValueError: empty or longer than 256 characters.
    """
    path_matcher(glob)
    text = glob.strip()
    if text.endswith("/"):
        text += ANY_FOLDERS
    text = text.removeprefix("./").lstrip("/") if "/" in text else f"{ANY_FOLDERS}/{text}"
    # Each part of the path with the slash before it, the first one's being the beginning.
    steps = text.split("/")
    made = []
    for number, step in enumerate(steps):
        if step == ANY_FOLDERS:
            if number == 0 or steps[number - 1] != ANY_FOLDERS:
                made.append(ANY_FOLDERS)
        else:
            made.append(_part(step))
    return _joined(made)


def _joined(parts: list[str]) -> str:
    if parts == [ANY_FOLDERS]:
        return "^.*$"
    expression = "^"
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part != ANY_FOLDERS:
            follows = "" if last or parts[number + 1 :] == [ANY_FOLDERS] else "/"
            expression += part + follows
        elif last:
            expression += "(?:/.*)?"
        else:
            expression += "(?:.*/)?"
    return expression + "$"
