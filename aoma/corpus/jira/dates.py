"""The dates of Jira exports, in ISO 8601 and UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache

from dateparser.languages.loader import default_loader

# Jira's own forms: 31/Jan/26 10:00 AM, 31/Jan/2026 10:00, 31 Jan 2026, Jan 31, 2026, 10:00 AM.
_NAME = r"(?P<name>[^\W\d_]+|\d{1,2}月)"
_HALF = r"[^\W\d_][^\d:]{0,10}?"
_CLOCK = (
    rf"(?:[ ,T]+(?P<before>{_HALF})?\s*(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})"
    rf"(?::(?P<second>\d{{2}}))?\s*(?P<after>{_HALF})?)?"
)
_FORMS = (
    re.compile(rf"(?P<day>\d{{1,2}})[/ .-]{{1,2}}{_NAME}\.?[/ -](?P<year>\d{{4}}|\d\d){_CLOCK}"),
    re.compile(rf"{_NAME}\.? (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_CLOCK}"),
    # Dots are for the day first; slashes between numbers mean different days to different
    # people, so they are not read at all.
    re.compile(rf"(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}}|\d\d){_CLOCK}"),
    re.compile(
        rf"(?P<year>\d{{4}})[年년] ?(?P<month>\d{{1,2}})[月월] ?(?P<day>\d{{1,2}})[日일]?{_CLOCK}"
    ),
)
# The languages that Jira speaks; in more of them, some names of months mean two months.
# https://support.atlassian.com/jira-cloud-administration/docs/supported-languages/
_LANGUAGES = (
    *("en", "cs", "da", "de", "es", "et", "fi", "fr", "hu", "is", "it", "ja", "ko", "nb", "nl"),
    *("pl", "pt", "ro", "ru", "sk", "sv", "tr", "uk", "vi", "zh"),
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_HALVES = ("am", "pm")


def _bare(word: str) -> str:
    return re.sub(r"[\s.]", "", word.lower())


@cache
def _words(keys: tuple[str, ...]) -> dict[str, int]:
    """The number of each of these by its name in Jira's languages, where all mean the same."""
    found: dict[str, set[int]] = {}
    for locale in default_loader.get_locales(languages=list(_LANGUAGES)):
        for number, key in enumerate(keys):
            names: Iterable[str] = locale.info.get(key, ())
            for name in names:
                found.setdefault(_bare(name), set()).add(number)
    return {name: min(numbers) for name, numbers in found.items() if len(numbers) == 1}


def _month(name: str) -> int:
    """The number of a month.

    Raises:
        KeyError: no language, or more than one month, has this name.
    """
    known = _words(_MONTHS)
    bare = _bare(name)
    return 1 + (known[bare] if bare in known else known[bare[:3]])


def _from_form(text: str) -> datetime | None:
    """The date that a text in one of Jira's forms names; None for another form.

    Raises:
        ValueError: there is no such day.
        KeyError: no language has such a word.
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    parts = found.groupdict()
    month = _month(parts["name"]) if parts.get("name") else int(parts["month"])
    hour = int(parts["hour"] or 0)
    half = parts["before"] or parts["after"]
    if half:
        hour = hour % 12 + 12 * _words(_HALVES)[_bare(half)]
    year = int(parts["year"]) + (2000 if len(parts["year"]) == 2 else 0)  # noqa: PLR2004 - digits
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    return datetime(year, month, int(parts["day"]), hour, minute, second, tzinfo=UTC)


def utc(value: str) -> str | None:
    """A date as ISO 8601 in UTC, such as 2026-01-31T10:00:00+00:00; None when it is not sure.

    Args:
        value: as Jira writes it, in whichever of its languages. CSV exports name no zone:
            their times are taken as UTC.
    """
    text = value.strip()
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = _from_form(text)
        except (ValueError, KeyError):  # no such month, no 31st of it
            return None
        if found is None:
            return None
        when = found
    try:
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    except OverflowError:
        return None
    return when.replace(microsecond=0).isoformat()
