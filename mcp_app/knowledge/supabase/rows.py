"""From rows of the database to what is shown of them; nothing is filled in that is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from mcp_app.knowledge.results import DocumentEntry, Mode, ScoreKind, Tally, Ticket, TicketCount
from mcp_app.knowledge.supabase.failures import wrong_shape

type Row = Mapping[str, Any]

SCORE_KINDS: Mapping[Mode, ScoreKind] = {
    "keyword": "text_rank",
    "semantic": "cosine_similarity",
    "hybrid": "reciprocal_rank_fusion",
}
TICKET_COLUMNS = (
    "id:key,title:summary,text:description,link,project,type,status,priority,labels,assignee,"
    "created:created_at,updated:updated_at"
)


class PassageText(NamedTuple):
    """A passage as a part of its document."""

    id: str
    ordinal: int
    text: str


# Made once each: it takes a millisecond.
_adapters: dict[Any, TypeAdapter[Any]] = {}


def checked[Shape](kind: type[Shape], value: Any, what: str) -> Shape:
    """A value of the database as this type.

    Args:
        kind: the type.
        value: what the database gave.
        what: the function or table, for messages.

    Raises:
        CallFailedError: it is another.
    """
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    try:
        shape: Shape = _adapters[kind].validate_python(value)
    except ValidationError as error:
        # Its message quotes values.
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
    else:
        return shape
    raise wrong_shape(what, where)


def in_utc(moment: Any) -> Any:
    """A moment in ISO 8601 as one in UTC; what is none is left to the check."""
    if not isinstance(moment, str):
        return moment
    try:
        when = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _in_utc(row: Row) -> dict[str, Any]:
    moments = {name: in_utc(row[name]) for name in ("created", "updated") if name in row}
    return {**row, **moments}


def hits[Hit](kind: type[Hit], rows: Sequence[Row], mode: Mode, what: str) -> tuple[Hit, ...]:
    """The rows of a search as hits of this kind, in their order.

    Args:
        kind: a record of `mcp_app.knowledge.results` whose fields are the columns.
        rows: what the database gave.
        mode: how was searched; says what the scores are.
        what: the function, for messages.

    Raises:
        CallFailedError: a column is missing, or of another type.
    """
    return tuple(
        checked(kind, {**_in_utc(row), "score_kind": SCORE_KINDS[mode]}, what) for row in rows
    )


def candidates(rows: Sequence[Row], what: str) -> int | None:
    """How many entries the search looked at; not known when it found none."""
    return checked(int, rows[0].get("candidates"), what) if rows else None


def ticket(row: Row, what: str) -> Ticket:
    """The whole ticket in a row of `TICKET_COLUMNS`.

    Raises:
        CallFailedError: a column is missing, or of another type.
    """
    return checked(Ticket, _in_utc(row), what)


def ticket_count(rows: Sequence[Row], what: str) -> TicketCount:
    """The counts in rows of `dimension`, `value`, `count`.

    Raises:
        CallFailedError: there is not exactly one total, or something of another type.
    """
    totals = [row.get("count") for row in rows if row.get("dimension") == "total"]
    if len(totals) != 1:
        raise wrong_shape(what, "total")

    def tallies(dimension: str) -> tuple[Tally, ...]:
        return tuple(
            checked(Tally, {"value": row.get("value"), "count": row.get("count")}, what)
            for row in rows
            if row.get("dimension") == dimension
        )

    return TicketCount(
        total=checked(int, totals[0], what),
        by_project=tallies("project"),
        by_status=tallies("status"),
        by_priority=tallies("priority"),
    )


def document_entry(row: Row, what: str) -> DocumentEntry:
    """The document in a row.

    Raises:
        CallFailedError: a column is missing, or of another type.
    """
    return checked(DocumentEntry, row, what)


def passage_text(row: Row, what: str) -> PassageText:
    """The passage in a row.

    Raises:
        CallFailedError: a column is missing, or of another type.
    """
    return checked(PassageText, row, what)
