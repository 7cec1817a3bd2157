"""Jira's JSON: pages of its search, a list of issues, or one of either on each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from aoma.corpus.jira.rich_text import from_document, from_wiki
from aoma.corpus.jira.tickets import Comment, RawTicket
from aoma.corpus.report import CorpusError, Ledger

NOT_AN_ISSUE = "entry that is no issue"
NOT_JSON = "line that is not JSON"
# https://host/context/rest/api/2/issue/10001
_REST = re.compile(r"(https?://[^/?#@\s]+(?:/[^?#\s]*?)?)/rest/(?:api|agile)/")
# Its addresses are for programs only.
_GATEWAY = "api.atlassian.com"


def _named(value: Any) -> str:
    """The name in a status, a priority, a type or a person; or what stands there as text."""
    if isinstance(value, dict):
        names = (value.get(name) for name in ("displayName", "name", "value"))
        return next((name for name in names if isinstance(name, str) and name.strip()), "")
    return value if isinstance(value, str) else ""


def _rich(value: Any) -> str:
    if isinstance(value, dict):
        return from_document(value)
    return from_wiki(value) if isinstance(value, str) else ""


def _comments(value: Any) -> tuple[Comment, ...]:
    """The comments in the field of that name, as Jira's search gives them or as a list."""
    found = value.get("comments") if isinstance(value, dict) else value
    return tuple(
        Comment(_named(one.get("author")), _named(one.get("created")), _rich(one.get("body")))
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict)
    )


def _base(issue: dict[str, Any]) -> str | None:
    address = issue.get("self")
    found = _REST.match(address) if isinstance(address, str) else None
    if found is None:
        return None
    try:
        return None if urlsplit(found[1]).hostname == _GATEWAY else found[1]
    except ValueError:
        return None


def _raw(issue: dict[str, Any]) -> RawTicket:
    nested = issue.get("fields")
    fields: dict[str, Any] = nested if isinstance(nested, dict) else issue
    labels = fields.get("labels")
    given = labels if isinstance(labels, list) else [labels]
    return RawTicket(
        place="",
        key=_named(issue.get("key")),
        type=_named(fields.get("issuetype") or fields.get("type")),
        status=_named(fields.get("status")),
        priority=_named(fields.get("priority")),
        summary=_named(fields.get("summary")),
        description=_rich(fields.get("description")),
        labels=tuple(label for label in given if isinstance(label, str)),
        assignee=_named(fields.get("assignee")),
        created=_named(fields.get("created")),
        updated=_named(fields.get("updated")),
        resolution=_named(fields.get("resolution")),
        comments=_comments(fields.get("comment")),
        base=_base(issue),
    )


def _shrunk(value: dict[str, Any]) -> Any:
    """An issue as soon as it is read: its hundreds of other fields are not kept in memory."""
    if isinstance(value.get("key"), str) and isinstance(value.get("fields"), dict):
        return _raw(value)
    return value


def _parsed(text: str) -> Any:
    """What a JSON text holds.

    Raises:
        ValueError: it is no JSON, nested too deeply, or holds an endless number.
    """
    try:
        return json.loads(text, object_hook=_shrunk)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _parsed_lines(text: str, name: str, ledger: Ledger) -> Iterator[Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield _parsed(line)
        except ValueError:
            ledger.skip(NOT_JSON, [f"{name}, line {number}"])


def _is_lines(text: str) -> bool:
    """Whether the first line is JSON by itself, and not all."""
    first, _, rest = text.partition("\n")
    if not rest.strip():
        return False
    try:
        _parsed(first)
    except ValueError:
        return False
    return True


def _entries(value: Any) -> list[Any] | None:
    """The issues of a page, a list of issues or pages, or one issue; None for others."""
    if isinstance(value, RawTicket):
        return [value]
    if isinstance(value, list):
        below = [_entries(one) if isinstance(one, dict) else [one] for one in value]
        return [entry for one in below for entry in (one if one is not None else [None])]
    if isinstance(value, dict):
        issues = value.get("issues")
        if isinstance(issues, list):
            return issues
        return [value] if isinstance(value.get("key"), str) else None
    return None


def _announced(value: Any) -> int:
    """How many issues the search had found, by what its pages say."""
    pages = value if isinstance(value, list) else [value]
    totals = [page.get("total") for page in pages if isinstance(page, dict)]
    return max((total for total in totals if isinstance(total, int)), default=0)


def _goes_on(value: Any) -> bool:
    """Whether the last page says that others follow, as the cloud's search does.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/
    """
    pages = [page for page in (value if isinstance(value, list) else [value]) if _is_page(page)]
    last = pages[-1] if pages else {}
    return last.get("isLast") is False or (
        bool(last.get("nextPageToken")) and not last.get("isLast")
    )


def _is_page(value: Any) -> bool:
    return isinstance(value, dict) and "issues" in value


def read_json(text: str, name: str, ledger: Ledger) -> Iterator[RawTicket]:
    """The tickets of an export, in order; entries that are no issues are noted.

    Args:
        text: the whole file.
        name: what messages call it.
        ledger: takes what is left out; and a note when pages are missing.

    Raises:
        CorpusError: it is no JSON, or JSON of something else.
    """
    by_line = _is_lines(text)
    try:
        values = _parsed_lines(text, name, ledger) if by_line else iter((_parsed(text),))
    except ValueError as error:
        raise CorpusError(
            f"{name}: is no Jira export: it begins like JSON and is none ({error}). It may be "
            "cut off: export it again."
        ) from error
    count = issues = announced = 0
    goes_on = False
    for value in values:
        entries = _entries(value)
        goes_on = _goes_on(value) if isinstance(value, dict | list) else goes_on
        announced = max(announced, _announced(value))
        if entries is None and not by_line:
            found = ", ".join(list(value)[:12]) if isinstance(value, dict) else repr(value)[:40]
            raise CorpusError(
                f"{name}: is no Jira export: JSON without 'issues' and without a 'key' (found: "
                f"{found[:200] or 'nothing'}). Save the answer of Jira's REST search, or a list of "
                "issues."
            )
        for entry in entries if entries is not None else [None]:
            count += 1
            place = f"{name}, issue {count}"
            raw = _raw(entry) if isinstance(entry, dict) and "key" in entry else entry
            if isinstance(raw, RawTicket):
                issues += 1
                yield replace(raw, place=place)
            else:
                ledger.skip(NOT_AN_ISSUE, [place])
    if count and not issues:
        raise CorpusError(
            f"{name}: is no Jira export: none of its {count} entries is an issue. Save the answer "
            "of Jira's REST search, or a list of issues."
        )
    if announced > count:
        ledger.problem(
            f"{name}: holds {count} of the {announced} tickets that Jira had found; "
            "the other pages are missing"
        )
    elif goes_on:
        ledger.problem(
            f"{name}: holds {count} tickets and is only a part of what Jira had found: its last "
            "page says that others follow (isLast, nextPageToken). Save them too, and name all "
            "files"
        )
