"""Filters of a search: dates, globs and lists of names, checked before anything is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

LIMIT_PATTERN = 256


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
    # Here and below: few searches have a date, and its module costs a cold start 1 ms.
    from datetime import UTC, datetime, timedelta

    text = value.strip()
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            when = when.replace(tzinfo=UTC)
        if end and _is_day(text):
            when += timedelta(days=1, microseconds=-1)
        return when.timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"{name}: {value[:40]!r} is not an ISO 8601 date. Write it like 2026-03-31 or "
            "2026-03-31T18:00:00Z."
        ) from error


def _is_day(text: str) -> bool:
    """Whether an ISO 8601 date says no time; a day may be written by its week too."""
    from datetime import date

    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


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


def path_matcher(glob: str) -> Callable[[str], bool]:
    """A test for whole paths by a glob, with the rules of .gitignore.

    `*` and `?` stay within a folder. `**` stands for any number of folders. A glob without a
    slash is for the file's name in any folder. One that ends with a slash is for everything below
    the folder. Takes time linear in the path, whatever the glob.

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
    from fnmatch import translate  # few searches have a glob, and it costs 1 ms

    steps = [
        None if step == "**" else re.compile(translate(step)).match for step in text.split("/")
    ]

    def matches(path: str) -> bool:
        parts = path.split("/")
        # How many parts of the path the steps so far may have used up.
        used = {0}
        for step in steps:
            if step is None:
                used = set(range(min(used, default=len(parts) + 1), len(parts) + 1))
            else:
                used = {at + 1 for at in used if at < len(parts) and step(parts[at])}
        return len(parts) in used

    return matches


def folded(values: Iterable[str]) -> frozenset[str]:
    """Names to compare without regard to case; blank ones are none."""
    return frozenset(value.strip().casefold() for value in values if value.strip())
