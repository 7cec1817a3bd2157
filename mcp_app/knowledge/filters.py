"""Filters of a search: dates, globs and lists of names, checked before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
LIMIT_PATTERN = 256

_WILDCARDS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\[[!^]?\]?[^\]]+\]|.", re.DOTALL)


def moment(name: str, value: str | None, *, end: bool) -> float | None:
    """Seconds since 1970 of an ISO 8601 date or date and time; None for None.

    Args:
        name: the parameter's name, for the message.
        value: such as 2026-03-31 or 2026-03-31T18:00:00+02:00; UTC where no zone is given.
        end: a date without a time means the end of that day.

    Raises:
        ValueError: it is no such date.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        if end and _DAY.match(text):
            when += timedelta(days=1, microseconds=-1)
        return when.timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{name}: {value[:40]!r} is not an ISO 8601 date. Write it like 2026-03-31 or "
            "2026-03-31T18:00:00Z."
        ) from error


def period(date_from: str | None, date_to: str | None) -> tuple[float | None, float | None]:
    """Both ends of a period, each None when open.

    Raises:
        ValueError: one of them is no date, or they are the wrong way round.
    """
    first = moment("date_from", date_from, end=False)
    last = moment("date_to", date_to, end=True)
    if first is not None and last is not None and first > last:
        raise ValueError(f"date_from ({date_from}) is after date_to ({date_to}). Swap them.")
    return first, last


def path_pattern(glob: str) -> re.Pattern[str]:
    """A glob as a pattern for whole paths, by the rules of .gitignore.

    `*` and `?` stay within a folder, `**` does not; a glob without a slash is for the
    file's name in any folder; one that ends with a slash is for all below the folder.

    Raises:
        ValueError: empty or longer than 256 characters.
    """
    text = glob.strip()
    if not text or len(text) > LIMIT_PATTERN:
        raise ValueError(
            f"file_pattern: a glob of 1 to {LIMIT_PATTERN} characters such as *.py or src/**/*.ts "
            f"is needed; this has {len(text)}."
        )
    if text.endswith("/"):
        text += "**"
    text = text.removeprefix("./").lstrip("/") if "/" in text else f"**/{text}"
    try:
        return re.compile(_GLOB.sub(_translated, text), re.DOTALL)
    except re.error as error:
        raise ValueError(f"file_pattern: {glob[:40]!r} has a wrong range in [ ].") from error


def _translated(token: re.Match[str]) -> str:
    """A part of a glob as a part of a regular expression."""
    text = token[0]
    if text in _WILDCARDS:
        return _WILDCARDS[text]
    if len(text) == 1:
        return re.escape(text)
    inside = text[1:-1].replace("\\", r"\\").replace("[", r"\[")
    if inside[0] in "!^":
        inside = "^" + inside[1:]
    return f"(?!/)[{inside}]"


def folded(values: Iterable[str]) -> frozenset[str]:
    """Names to compare without regard to case; blank ones are none."""
    return frozenset(value.strip().casefold() for value in values if value.strip())
