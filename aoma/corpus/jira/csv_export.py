"""Jira's CSV export: one header, a ticket a row, several columns of one name."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import TextIO

from aoma.corpus.jira.dates import utc
from aoma.corpus.jira.rich_text import from_wiki
from aoma.corpus.jira.tickets import REENCODED, Comment, RawTicket
from aoma.corpus.report import CorpusError, Ledger

# The names of Jira's columns, in lower case, newest wording included; the first that is there.
COLUMNS = {
    "key": ("issue key", "work item key", "key", "issuekey"),
    "type": ("issue type", "work type", "issuetype", "type"),
    "status": ("status",),
    "priority": ("priority",),
    "summary": ("summary", "title"),
    "description": ("description",),
    "labels": ("labels", "label"),
    "assignee": ("assignee",),
    "created": ("created",),
    "updated": ("updated",),
    "resolution": ("resolution",),
    "comments": ("comment", "comments"),
}
DELIMITERS = ",;\t|"
NOT_CSV = "row that is not CSV"
TOO_MANY = "row with more fields than the header has columns"
TOO_FEW = "row read with fewer fields than the header has columns"
_ACCOUNT = re.compile(r"\d+:[0-9a-f-]{8,}|[0-9a-f]{24}")
_SHOWN_COLUMNS = 12
_SHOWN_CHARACTERS = 40
# Far above any description, and below what a missing quote would swallow unseen.
_LIMIT_FIELD = 16 * 1024 * 1024
_LIMIT_HEADER = 1024 * 1024


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter and the columns' names: those that have a key, else the most columns."""
    parsed = []
    for delimiter in DELIMITERS:
        try:
            names = next(csv.reader([line], delimiter=delimiter))
        except csv.Error:
            continue  # such as a quoted name of several lines, with another delimiter
        parsed.append((delimiter, [" ".join(name.lower().split()) for name in names]))
    return max(parsed, key=lambda one: (bool(set(COLUMNS["key"]) & set(one[1])), len(one[1])))


def _header_lines(stream: TextIO) -> str:
    """The header, over several lines where a column's quoted name has some."""
    line = stream.readline()
    # What Excel writes first, to itself.
    while line and (not line.strip() or line.lower().startswith("sep=")):
        line = stream.readline()
    # Within quotation marks they are doubled, so an odd number of them leaves one open.
    while line.count('"') % 2 and len(line) < _LIMIT_HEADER and (more := stream.readline()):
        line += more
    return line


def _no_key(name: str, columns: Sequence[str]) -> CorpusError:
    known = [column[:_SHOWN_CHARACTERS] for column in dict.fromkeys(columns) if column]
    more = f" and {len(known) - _SHOWN_COLUMNS} more" if len(known) > _SHOWN_COLUMNS else ""
    listed = ", ".join(known[:_SHOWN_COLUMNS]) or "none"
    return CorpusError(
        f"{name}: is no Jira export: no column 'Issue key' or 'Key'. Columns found: "
        f"{listed}{more}. Export it in Jira with Export > CSV (all fields), in English."
    )


def _rows(
    reader: Iterator[list[str]], name: str, ledger: Ledger
) -> Iterator[tuple[str, list[str]]]:
    """Rows with their places; one that the module refuses is noted, and the next one read."""
    number = 1
    while True:
        number += 1
        place = f"{name}, row {number}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error):
                raise CorpusError(
                    f"{place}: a quotation mark is opened and never closed: the export is cut off "
                    "or damaged there. Export it again."
                ) from error
            ledger.skip(NOT_CSV, [place])
            continue
        if any("\ufffd" in field for field in row):
            ledger.skip(REENCODED, [name])
        if any(field.strip() for field in row):
            yield place, row


def read_csv(stream: TextIO, name: str, ledger: Ledger) -> Iterator[RawTicket]:
    """The tickets of an export, in order; rows that cannot be read are noted.

    Args:
        stream: the file, opened with `newline=""`, at its beginning.
        name: what messages call it.
        ledger: takes what is left out.

    Raises:
        CorpusError: no column holds a key, or the file is cut off inside a field.
    """
    before = csv.field_size_limit(_LIMIT_FIELD)
    try:
        yield from _tickets(stream, name, ledger)
    finally:
        csv.field_size_limit(before)


def comment(field: str) -> Comment:
    """A comment as Jira exports it: its date, its author's account and its text, by semicolons."""
    date, _, rest = field.partition(";")
    author, separator, text = rest.partition(";")
    if not separator or utc(date) is None:
        return Comment("", "", from_wiki(field))
    # The number of an account in the cloud names nobody.
    return Comment("" if _ACCOUNT.fullmatch(author) else author, date, from_wiki(text))


def _tickets(stream: TextIO, name: str, ledger: Ledger) -> Iterator[RawTicket]:
    line = _header_lines(stream)
    try:
        delimiter, columns = _header(line)
    except (ValueError, StopIteration) as error:
        raise _no_key(name, ()) from error
    places = {
        field: [at for at, column in enumerate(columns) if column == known]
        for field, names in COLUMNS.items()
        for known in [next((one for one in names if one in columns), "")]
        if known
    }
    if "key" not in places:
        raise _no_key(name, columns)
    for place, row in _rows(csv.reader(stream, delimiter=delimiter, strict=True), name, ledger):
        if any(field.strip() for field in row[len(columns) :]):
            # A delimiter too many: what stands in which column nobody knows.
            ledger.skip(TOO_MANY, [place])
            continue
        if len(row) < len(columns):
            # Excel leaves out empty fields at the end.
            ledger.skip(TOO_FEW, [place])
        found = {field: [row[at] for at in ats if at < len(row)] for field, ats in places.items()}
        labels = tuple(found.pop("labels", ()))
        said = tuple(comment(one) for one in found.pop("comments", ()) if one.strip())
        # Of other columns that are there twice, the first that is filled.
        single = {
            field: next((value for value in values if value.strip()), "")
            for field, values in found.items()
        }
        single["description"] = from_wiki(single.get("description", ""))
        yield RawTicket(place=place, labels=labels, comments=said, **single)
