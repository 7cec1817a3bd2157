"""A file that is no export, or a damaged one, gives true tickets or an error that names it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aoma.corpus.jira import read_tickets
from aoma.corpus.report import CorpusError, Ledger
from tests.fixtures.jira_samples import HEADER, csv_text, issue, page, row, saved


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Name,City\nAda,London\n", "no column 'Issue key' or 'Key'. Columns found: name, city."),
        ("# A page of prose\n\nwith lines", "Columns found: # a page of prose"),
        ("", "it is empty"),
        ("\ufeff \n ", "it is empty"),
        ("<!DOCTYPE html><html></html>", "it is XML or HTML"),
        (b"PK\x03\x04rest", "it is a workbook or archive; save the sheet as CSV"),
        (b"\x7fELF\x00\x01\x02", "it is binary"),
        ({"name": "vault", "version": "1"}, r"without 'issues' and without a 'key' \(found: name,"),
        ([1, 2, 3], "none of its 3 entries is an issue"),
        ([{"key": "colour", "value": "red"}], "none of its 1 entries is a ticket with a key"),
        ('{"issues": [{"key": "VAULT-1", "fields": {', "begins like JSON and is none"),
        ("[" * 100_000, "nested too deeply"),
        ("Key,Summary\nred,a\n", "none of its 1 entries is a ticket with a key"),
        (csv_text([row("VAULT-1")]) + '"cut off', "row 3: a quotation mark is opened and never"),
    ],
)
def test_what_is_no_export_is_refused_with_what_was_found(read, content: Any, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        read(content)


def test_missing_file_is_named(tmp_path: Path) -> None:
    for place, reason in ((tmp_path / "gone.csv", "no such file"), (tmp_path, "Is a directory")):
        with pytest.raises(CorpusError, match=reason):
            list(read_tickets([place], Ledger()))


GOOD = csv_text([row(f"VAULT-{number}", description='a "b"\nc') for number in range(3)]).encode()
PAGE = json.dumps(page([issue(f"VAULT-{number}") for number in range(3)])).encode()
LINES = b"\n".join(json.dumps(issue(f"VAULT-{number}")).encode() for number in range(3))
PIECES = [*(b'",;\t\n\r\x00{}[]:\\|<\xff'[at : at + 1] for at in range(16)), b'""', b"\xef\xbb\xbf"]
PIECES += [b"null", b"1e999", b"9" * 5000, b"VAULT-1", b"\\ud800", ",".join(HEADER).encode()]
places = st.integers(min_value=0, max_value=3_000)
edits = st.lists(st.tuples(places, places, st.sampled_from(PIECES)), min_size=1, max_size=5)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sampled_from([GOOD, PAGE, LINES]), edits, st.sampled_from([None, 1_000, 200]))
def test_mangled_export_gives_true_tickets_or_a_clear_error(
    tmp_path: Path, whole: bytes, changes: list[tuple[int, int, bytes]], cut: int | None
) -> None:
    for place, length, piece in changes:
        at = place % (len(whole) + 1)
        whole = whole[:at] + piece + whole[at + length % 20 :]
    export = saved(tmp_path / "export", whole[:cut])
    refusal, tickets = "", []
    try:
        tickets = list(read_tickets([export], Ledger()))
    except CorpusError as error:
        refusal = str(error)
    assert not refusal or "export" in refusal
    assert len({ticket.key for ticket in tickets}) == len(tickets)
    for ticket in tickets:
        assert ticket.key == f"{ticket.project}-{ticket.key.rpartition('-')[2]}"
        text = f"{ticket.summary}{ticket.description}{ticket.labels}{ticket.status}"
        assert "\x00" not in text
        assert text.encode()
