"""The dates of Jira exports, in ISO 8601 and UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Jira's own forms: 31/Jan/26 10:00 AM, 31/Jan/2026 10:00, 31 Jan 2026, Jan 31, 2026, 10:00 AM.
_CLOCK = r"(?:[ ,T]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?\s*(?P<half>[ap]m)?)?"
_FORMS = (
    re.compile(rf"(?P<day>\d{{1,2}})[/ .-](?P<name>[a-z]+)\.?[/ -](?P<year>\d{{4}}|\d\d){_CLOCK}"),
    re.compile(rf"(?P<name>[a-z]+)\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_CLOCK}"),
    # Dots are for the day first; slashes between numbers mean different days to different
    # people, so they are not read at all.
    re.compile(rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d\d){_CLOCK}"),
)
_MONTHS = (*("jan", "feb", "mar", "apr", "may", "jun"), *("jul", "aug", "sep", "oct", "nov", "dec"))


def _from_form(text: str) -> datetime | None:
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = int(parts.get("month") or 0)
    if parts.get("name"):
        month = _MONTHS.index(parts["name"][:3]) + 1
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        hour = hour % 12 + (12 if parts["half"] == "pm" else 0)
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)  # noqa: PLR2004 - digits
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    return datetime(year, month, int(parts["day"]), hour, minute, second, tzinfo=UTC)


def utc(value: str) -> str | None:
    """A date as ISO 8601 in UTC, such as 2026-01-31T10:00:00+00:00; None when it is not sure.

    Args:
        value: as Jira writes it. CSV exports name no zone: their times are taken as UTC.
    """
    text = value.strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = _from_form(text.lower())
        except ValueError:  # no such month, no 31st of it
            return None
        if found is None:
            return None
        when = found
    try:
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return when.replace(microsecond=0).isoformat()
