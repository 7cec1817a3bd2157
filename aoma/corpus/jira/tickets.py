"""What a ticket must have, and how its fields are cleaned."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aoma.corpus.addresses import name_without_address, without_addresses
from aoma.corpus.jira.dates import utc
from aoma.corpus.report import Ledger
from aoma.corpus.text_files import CONFIDENTIAL, holds_private_key

# Jira's own limit of a text field is 32,767, which administrators may raise.
LIMIT_CHARACTERS = 100_000
REENCODED = "export with bytes that are no text, each shown as \ufffd; save it as UTF-8"
NO_KEY = "ticket without a key such as ABC-12"
STRANGE_DATE = "ticket read without a date that is not ISO 8601 or Jira's 31/Jan/26 10:00 AM"
CUT = f"description cut to {LIMIT_CHARACTERS:,} characters"

# https://confluence.atlassian.com/adminjiraserver/changing-the-project-key-format-938847081.html
_KEY = re.compile(r"([A-Z][A-Z0-9_]{0,99})-([0-9]{1,12})")
# Jira's labels hold no spaces.
_BETWEEN_LABELS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketText:
    """A ticket as read; `created` and `updated` are ISO 8601 in UTC."""

    key: str
    project: str
    number: int
    type: str | None
    status: str | None
    priority: str | None
    summary: str
    description: str
    labels: tuple[str, ...]
    assignee: str | None
    link: str | None
    created: str | None
    updated: str | None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as exported; "" for what it does not hold."""

    author: str
    date: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTicket:
    """The fields of a ticket as an export has them; "" for what it does not hold.

    Attributes:
        place: where it stands, for people, such as `export.csv, row 12`.
        base: the address of the Jira it came from, when the export tells.
    """

    place: str
    key: str
    type: str = ""
    status: str = ""
    priority: str = ""
    summary: str = ""
    description: str = ""
    labels: tuple[str, ...] = ()
    assignee: str = ""
    created: str = ""
    updated: str = ""
    resolution: str = ""
    comments: tuple[Comment, ...] = ()
    base: str | None = None


def _clean(text: str) -> str:
    """`text` without what neither SQLite nor PostgreSQL takes: NUL, half a surrogate pair."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return without_addresses(plain.encode(errors="replace").decode())


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _date(value: str, place: str, ledger: Ledger) -> str | None:
    if not value.strip():
        return None
    when = utc(value)
    if when is None:
        ledger.skip(STRANGE_DATE, [place])
    return when


def _described(raw: RawTicket) -> str:
    """The description, the resolution and the comments, as one text."""
    found = [raw.description]
    if raw.resolution.strip():
        found.append(f"Resolution: {_line(raw.resolution)}")
    for comment in raw.comments:
        when = utc(comment.date) if comment.date else None
        author = name_without_address(_line_of_name(comment.author))
        told = ", ".join(part for part in (author, when[:10] if when else "") if part)
        found.append(f"Comment{f' ({told})' if told else ''}: {comment.text}")
    return "\n\n".join(part for part in found if part.strip())


def ticket_of(
    raw: RawTicket, base: str | None, ledger: Ledger, *, comments: bool = False
) -> TicketText | None:
    """The ticket, or None with the reason in the ledger.

    Args:
        raw: its fields as exported.
        base: Jira's address, e.g. `https://jira.example.com`, for links; None when unknown.
        ledger: takes what is left out.
        comments: whether its resolution and its comments follow its description.
    """
    found = _KEY.fullmatch(raw.key.strip().upper())
    if found is None:
        ledger.skip(NO_KEY, [raw.place])
        return None
    key = found[0]
    description = _described(raw) if comments else raw.description
    if holds_private_key(description):
        ledger.skip(CONFIDENTIAL, [key])
        return None
    if len(description) > LIMIT_CHARACTERS:
        ledger.skip(CUT, [key])
    labels = (_line(label) for given in raw.labels for label in _BETWEEN_LABELS.split(given))
    return TicketText(
        key=key,
        project=found[1],
        number=int(found[2]),
        type=_line(raw.type) or None,
        status=_line(raw.status) or None,
        priority=_line(raw.priority) or None,
        summary=_line(raw.summary) or key,
        description=_clean(description[:LIMIT_CHARACTERS]),
        labels=tuple(sorted({label for label in labels if label})),
        assignee=name_without_address(_line_of_name(raw.assignee)) or None,
        link=f"{base}/browse/{key}" if base else None,
        created=_date(raw.created, raw.place, ledger),
        updated=_date(raw.updated, raw.place, ledger),
    )


def _line_of_name(text: str) -> str:
    return " ".join(text.replace("\x00", "").encode(errors="replace").decode().split())
