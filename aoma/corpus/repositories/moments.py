"""When a commit was made, whatever its date says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

STRANGE_DATE = (
    "commit with an impossible date (read in UTC, by its committer's date, or as of 1970)"
)
# Seconds since 1970 and the zone, as git stores them.
_RAW = re.compile(r"(?P<seconds>\d{1,20}) (?P<zone>[+-]\d+)")
_MINUTES_OF_A_DAY = 24 * 60
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _zone(text: str) -> timezone | None:
    """A zone such as +0530, or None for one that no clock has."""
    hours, minutes = divmod(int(text[1:]), 100)
    offset = 60 * hours + minutes
    if offset >= _MINUTES_OF_A_DAY:
        return None
    return timezone(timedelta(minutes=-offset if text[0] == "-" else offset))


def _stored(date: str) -> tuple[datetime, bool] | None:
    """The moment that a date names, and whether its zone is one; None where it names none."""
    found = _RAW.fullmatch(date.strip())
    if found is None or not int(found["seconds"]):
        return None
    zone = _zone(found["zone"])
    try:
        return datetime.fromtimestamp(int(found["seconds"]), zone or UTC), zone is not None
    except (ValueError, OverflowError, OSError):
        return None


def moment(authored: str, committed: str) -> tuple[datetime, bool]:
    """When a commit was made, and whether its author's date says so.

    Args:
        authored: the author's date as stored, such as `1313584730 +0200`; "" without one.
        committed: the committer's.
    """
    written = _stored(authored)
    if written:
        return written
    stored = _stored(committed)
    return (stored[0] if stored else _NEVER), False
