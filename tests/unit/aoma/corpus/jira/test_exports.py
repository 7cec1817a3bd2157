"""Jira exports are read as they are, without anybody's address; what is lost is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aoma.corpus.jira import TicketText, read_tickets
from aoma.corpus.report import CorpusError, Ledger
from tests.fixtures.jira_samples import csv_text, issue, page, row, saved, skipped


def test_every_field_of_a_csv_export(read) -> None:
    text = csv_text(
        [
            row(
                "VAULT-12",
                summary="Proxy is not made",
                labels=("transcoding", "urgent"),
                description='First line, with a comma\nand "quotes"\n\nlast.',
            )
        ]
    )
    tickets, ledger = read(text, base_url="https://jira.example.com/")
    assert tickets == [
        TicketText(
            key="VAULT-12",
            project="VAULT",
            number=12,
            type="Bug",
            status="Open",
            priority="High",
            summary="Proxy is not made",
            description='First line, with a comma\nand "quotes"\n\nlast.',
            labels=("transcoding", "urgent"),
            assignee="Ada Example",
            link="https://jira.example.com/browse/VAULT-12",
            created="2026-01-31T10:00:00+00:00",
            updated="2026-02-01T16:30:00+00:00",
        )
    ]
    assert not ledger.skipped


def test_every_field_of_a_rest_search(read) -> None:
    tickets, ledger = read(page([issue("VAULT-12")], total=1))
    assert tickets == [
        TicketText(
            key="VAULT-12",
            project="VAULT",
            number=12,
            type="Bug",
            status="Open",
            priority="High",
            summary="Summary of VAULT-12",
            description="What VAULT-12 is about.",
            labels=("ingest",),
            assignee="Ada Example",
            link="https://jira.example.com/browse/VAULT-12",
            created="2026-01-31T10:00:00+00:00",
            updated="2026-02-01T16:30:00+00:00",
        )
    ]
    assert not ledger.skipped
    assert not ledger.problems


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "sep=,\r\n" + text,
        lambda text: "\n\n" + text,
    ],
    ids=[
        "utf-8 with mark",
        "utf-16",
        "utf-16 without mark",
        "windows lines",
        "excel's sep",
        "blank lines",
    ],
)
def test_forms_of_csv_files(read, encode) -> None:
    tickets, _ = read(encode(csv_text([row("VAULT-1", summary="Übergröße", description="a\nb")])))
    assert [(one.summary, one.description) for one in tickets] == [("Übergröße", "a\nb")]


@pytest.mark.parametrize(
    "content",
    [
        csv_text([row("VAULT-1", summary="Größe")]).encode("cp1252"),
        json.dumps([issue("VAULT-1", summary="Größe")], ensure_ascii=False).encode("cp1252"),
    ],
    ids=["csv", "json"],
)
def test_other_encodings_are_told(read, content: bytes) -> None:
    tickets, ledger = read(content)
    assert tickets[0].summary == "Größe"
    assert skipped(ledger) == {
        "read in another encoding than UTF-8, as its bytes show": (1, ("export-0.jira (cp1252)",))
    }


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(read, delimiter: str) -> None:
    text = csv_text([row("VAULT-1", description="a, b; c | d\te")], delimiter=delimiter)
    assert read(text)[0][0].description == "a, b; c | d\te"


@pytest.mark.parametrize(
    "content",
    [
        page([issue("VAULT-1"), issue("VAULT-2")]),
        [issue("VAULT-1"), issue("VAULT-2")],
        [page([issue("VAULT-1")]), page([issue("VAULT-2")])],
        "\n".join(json.dumps(issue(key)) for key in ("VAULT-1", "VAULT-2")),
        "\n".join(json.dumps(page([issue(key)])) for key in ("VAULT-1", "VAULT-2")) + "\n\n",
        json.dumps(page([issue("VAULT-1"), issue("VAULT-2")]), indent=2).encode("utf-8-sig"),
        [{"key": "VAULT-1", "summary": "flat"}, {"key": "VAULT-2", "status": "Done"}],
    ],
    ids=["page", "list", "pages", "lines", "lines of pages", "indented, with mark", "flat"],
)
def test_forms_of_json_files(read, content: Any) -> None:
    tickets, ledger = read(content)
    assert [ticket.key for ticket in tickets] == ["VAULT-1", "VAULT-2"]
    assert not ledger.skipped


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("31/Jan/26 10:00 AM", "2026-01-31T10:00:00+00:00"),
        ("31/Jan/26 12:05 AM", "2026-01-31T00:05:00+00:00"),
        ("1/Sept/2026 12:05 pm", "2026-09-01T12:05:00+00:00"),
        ("31/Jan/2026 22:10", "2026-01-31T22:10:00+00:00"),
        ("31-Jan-26", "2026-01-31T00:00:00+00:00"),
        ("Jan 31, 2026, 10:00 AM", "2026-01-31T10:00:00+00:00"),
        ("31.01.2026 10:00", "2026-01-31T10:00:00+00:00"),
        ("12/Mai/24", "2024-05-12T00:00:00+00:00"),
        ("12/Mrz/24 2:05 nachm.", "2024-03-12T14:05:00+00:00"),
        ("12/août/24 10:00", "2024-08-12T10:00:00+00:00"),
        ("1/lis/24 10:00", "2024-11-01T10:00:00+00:00"),
        ("12/дек/24 10:00", "2024-12-12T10:00:00+00:00"),
        ("12/5月/24 1:00 下午", "2024-05-12T13:00:00+00:00"),
        ("2024年5月12日 上午10:00", "2024-05-12T10:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        ("2026-01-31 10:00", "2026-01-31T10:00:00+00:00"),
        ("2026-01-31T10:00:00.000+0200", "2026-01-31T08:00:00+00:00"),
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00+00:00"),
    ],
)
def test_dates_are_iso_in_utc(read, written: str, meant: str) -> None:
    tickets, ledger = read(csv_text([row("VAULT-1", created=written)]))
    assert tickets[0].created == meant
    assert not ledger.skipped


@pytest.mark.parametrize(
    "written", ["yesterday", "1/2/2026", "31/Feb/26", "31/Foo/26", "0001-01-01T00:00+23:59", "9/9"]
)
def test_date_that_is_not_sure_is_left_out_and_told(read, written: str) -> None:
    tickets, ledger = read(csv_text([row("VAULT-1", created=written)]))
    assert tickets[0].created is None
    assert tickets[0].updated is not None
    assert [
        (count, names) for reason, (count, names) in skipped(ledger).items() if "date" in reason
    ] == [(1, ("export-0.jira, row 2",))]


def test_no_address_is_in_a_ticket(read) -> None:
    tickets, _ = read(
        csv_text(
            [
                row(
                    "VAULT-1",
                    summary="Mail to eve@corp.example bounces",
                    assignee="carol.smith@corp.example",
                    description=f"From: Bob <bob@corp.example>\n{'x' * 80}@corp.example wrote",
                    labels=("dave@corp.example", "mail"),
                )
            ]
        ),
        [
            issue(
                "VAULT-2", assignee={"emailAddress": "ada@corp.example", "name": "ada@corp.example"}
            )
        ],
    )
    assert "corp" not in str(tickets)
    assert [ticket.assignee for ticket in tickets] == ["carol.smith", "ada"]
    assert tickets[0].labels == ("mail",)


NUL = "\x00"


@pytest.mark.parametrize("form", ["csv", "json"])
def test_no_nul_is_in_a_ticket(read, form: str) -> None:
    """Neither PostgreSQL nor SQLite's search takes one; the words around it stay."""
    fields: dict[str, Any] = {
        "summary": f"Pro{NUL}xy",
        "description": f"{NUL}is not\n{NUL}{NUL}made{NUL}",
    }
    fields |= {"labels": (f"tran{NUL}scoding",), "assignee": f"Ada{NUL} Example"}
    given: Any
    if form == "csv":
        # A file that begins with one is taken for a binary one.
        before = row("VAULT-0", description="long " * 20_000)
        given = csv_text([before, row("VAULT-1", type=f"Bu{NUL}g", **fields)])
    else:
        named = {"assignee": {"displayName": fields["assignee"]}, "labels": [*fields["labels"]]}
        given = [issue("VAULT-1", **{**fields, **named, "issuetype": {"name": f"Bu{NUL}g"}})]
    ticket = read(given)[0][-1]
    assert NUL not in str(ticket).replace(r"\x00", NUL)
    assert (ticket.summary, ticket.description) == ("Proxy", "is not\nmade")
    assert (ticket.type, ticket.labels, ticket.assignee) == ("Bug", ("transcoding",), "Ada Example")


def test_ticket_with_a_private_key_is_left_out(read) -> None:
    key = "-----BEGIN RSA PRIVATE " + "KEY-----\n" + "MIIEowIBAAKCAQEA" * 8
    tickets, ledger = read(csv_text([row("VAULT-1", description=key), row("VAULT-2")]))
    assert [ticket.key for ticket in tickets] == ["VAULT-2"]
    assert [names for _, names in skipped(ledger).values()] == [("VAULT-1",)]


def test_ticket_updated_last_counts_whatever_the_order(read) -> None:
    old = csv_text([row("VAULT-1", status="Open", updated="01/Feb/26 4:30 PM")])
    new = [issue("VAULT-1", status={"name": "Done"}, updated="2026-03-01T00:00:00.000+0000")]
    for contents in ((old, new), (new, old)):
        tickets, ledger = read(*contents)
        assert [ticket.status for ticket in tickets] == ["Done"]
        assert [names for _, names in skipped(ledger).values()] == [("VAULT-1",)]


def test_last_one_counts_where_no_date_decides(read) -> None:
    tickets, _ = read(
        csv_text([row("VAULT-1", status=one, updated="") for one in ("Open", "Done")])
    )
    assert [ticket.status for ticket in tickets] == ["Done"]


def test_tickets_come_by_project_and_number(read) -> None:
    keys = ["ZOO-2", "VAULT-10", "VAULT-9", "zoo-1", "A1_B-3"]
    tickets, _ = read(csv_text([row(key) for key in keys]))
    assert [one.key for one in tickets] == ["A1_B-3", "VAULT-9", "VAULT-10", "ZOO-1", "ZOO-2"]


def test_rows_that_are_no_tickets_are_named_and_the_others_read(read) -> None:
    text = csv_text([row("VAULT-1"), row("no key"), [*row("VAULT-3"), "one too many"]])
    text += "short,VAULT-4\n" + ",".join(['"a"b', *row("VAULT-5")[1:]]) + "\n\n"
    text += csv_text([row("VAULT-6")]).split("\n", 1)[1]
    tickets, ledger = read(text)
    assert [ticket.key for ticket in tickets] == ["VAULT-1", "VAULT-4", "VAULT-6"]
    assert (tickets[1].summary, tickets[1].status) == ("short", None)
    assert {reason: names for reason, (_, names) in skipped(ledger).items()} == {
        "row that is not CSV": ("export-0.jira, row 6",),
        "row read with fewer fields than the header has columns": ("export-0.jira, row 5",),
        "row with more fields than the header has columns": ("export-0.jira, row 4",),
        "ticket without a key such as ABC-12": ("export-0.jira, row 3",),
    }


def test_entries_that_are_no_issues_are_named_and_the_others_read(read) -> None:
    tickets, ledger = read(page([issue("VAULT-1"), None, 7, {"id": "x"}, [], {"key": 3}]))
    assert [ticket.key for ticket in tickets] == ["VAULT-1"]
    assert skipped(ledger)["entry that is no issue"][0] == 4
    tickets, ledger = read(f'{json.dumps(issue("VAULT-1"))}\n{{"key": "VAULT-2", \n[]')
    assert [ticket.key for ticket in tickets] == ["VAULT-1"]
    assert skipped(ledger)["line that is not JSON"] == (1, ("export-0.jira, line 2",))


def test_missing_pages_are_told(read) -> None:
    _, ledger = read(page([issue("VAULT-1")], total=120))
    (said,) = ledger.problems
    assert "holds 1 of the 120 tickets that Jira had found" in said


@pytest.mark.parametrize(
    "content",
    [
        page([issue("VAULT-1")], isLast=False, nextPageToken="abc"),
        page([issue("VAULT-1")], nextPageToken="abc"),
        [page([issue("VAULT-1")], isLast=False), page([issue("VAULT-2")], isLast=False)],
        "\n".join(json.dumps(page([issue(f"V-{at}")], isLast=False)) for at in range(2)),
    ],
    ids=["first page", "token only", "two pages", "lines"],
)
def test_page_of_the_cloud_that_is_not_the_last_is_told(read, content: Any) -> None:
    tickets, ledger = read(content)
    assert tickets
    (said,) = ledger.problems
    assert "is only a part of what Jira had found" in said


def test_last_page_of_the_cloud_is_not_told(read) -> None:
    pages = [page([issue("VAULT-1")], isLast=False), page([issue("VAULT-2")], isLast=True)]
    assert read(pages)[1].problems == ()


def test_header_may_have_lines_within_quotation_marks(read) -> None:
    text = csv_text([row("VAULT-1")]).replace("Issue Type", '"Issue\nType"', 1)
    text = text.replace("Project name", '"Custom field (a ""b""\nc)"', 1)
    tickets, ledger = read(text)
    assert [(one.key, one.type) for one in tickets] == [("VAULT-1", "Bug")]
    assert not ledger.skipped


def test_comments_and_resolutions_are_read_when_asked_for(tmp_path: Path) -> None:
    fields = {
        "resolution": {"name": "Won't Do"},
        "comment": {
            "comments": [
                {
                    "author": {"displayName": "Eve Example"},
                    "created": "2026-02-03T10:00:00.000+0000",
                    "body": "Use the *proxy*, says bob@corp.example.",
                },
                {"body": {"type": "doc", "content": [{"type": "text", "text": "Agreed."}]}},
            ]
        },
    }
    places = [
        saved(tmp_path / "a.json", [issue("VAULT-1", **fields)]),
        saved(tmp_path / "b.csv", csv_text([row("VAULT-2")])),
    ]
    told = list(read_tickets(places, Ledger(), comments=True))
    assert [one.description for one in told] == [
        (
            "What VAULT-1 is about.\n\nResolution: Won't Do\n\n"
            "Comment (Eve Example, 2026-02-03): Use the *proxy*, says .\n\nComment: Agreed."
        ),
        "What VAULT-2 is about.\n\nComment (2026-01-31): A comment.",
    ]
    silent = list(read_tickets(places, Ledger()))
    assert [one.description for one in silent] == [
        "What VAULT-1 is about.",
        "What VAULT-2 is about.",
    ]


def test_export_without_tickets_is_told(read) -> None:
    for content in (csv_text([]), page([], total=0)):
        tickets, ledger = read(content)
        assert tickets == []
        assert ledger.problems == ("export-0.jira: holds no ticket",)


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://jira.example.com/rest/api/3/issue/1", "https://jira.example.com/browse/V-1"),
        ("http://host:8080/jira/rest/api/latest/issue/1", "http://host:8080/jira/browse/V-1"),
        ("https://api.atlassian.com/ex/jira/11-22/rest/api/3/issue/1", None),
        ("javascript:alert(1)//rest/api/2/", None),
        ("https://user:secret@jira.example.com/rest/api/2/issue/1", None),
        ("https://[bad/rest/api/2/issue/1", None),
        (7, None),
    ],
)
def test_link_from_the_issues_own_address(read, address: Any, link: str | None) -> None:
    assert read([issue("V-1", self=address)])[0][0].link == link


@pytest.mark.parametrize(
    "address",
    [
        *("jira.example.com", "ftp://jira.example.com", "https://", "https://[", "javascript:x"),
        *("https://ada:secret@jira.example.com", "https://jira.example.com/?a=1"),
    ],
)
def test_wrong_address_of_jira_is_refused_without_repeating_it(read, address: str) -> None:
    with pytest.raises(CorpusError, match=r"must be like https://jira\.example\.com") as caught:
        read(csv_text([row("V-1")]), base_url=address)
    assert "secret" not in str(caught.value)
