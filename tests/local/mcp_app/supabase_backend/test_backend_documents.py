"""Whole documents and lists of them, as PostgREST is asked for them."""

from urllib.parse import parse_qs, urlsplit

import pytest

from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.supabase.documents import PAGE
from tests.local.mcp_app.supabase_backend.scripted import Reply

DOCUMENT = {"id": "docs/a.md", "title": "A", "corpus": "docs", "link": None}


def passages(first, count):
    return Reply(
        body=[
            {"id": f"docs/a.md#{n}", "ordinal": n, "text": f"Text {n}."}
            for n in range(first, first + count)
        ]
    )


def asked_for(server):
    """Each request's table and parameters."""
    parts = [urlsplit(request.path) for request in server.requests]
    return [(part.path.rpartition("/")[2], parse_qs(part.query)) for part in parts]


def test_a_document_is_read_whole_however_long_it_is(asked, supabase_server):
    for reply in (Reply(body=[DOCUMENT]), passages(0, PAGE), passages(PAGE, 1)):
        supabase_server.next(reply)
    found = asked.run(asked.backend.get_document("docs/a.md", deadline=asked.deadline()))

    assert found.text == "\n\n".join(f"Text {n}." for n in range(PAGE + 1))
    assert (found.id, found.title, len(found.passages)) == ("docs/a.md", "A", PAGE + 1)
    (_, first), (table, second), (_, third) = asked_for(supabase_server)
    assert first["id"] == ["eq.docs/a.md"]
    assert (table, second["document"], second["order"]) == (
        "mesh_passages",
        ["eq.docs/a.md"],
        ["ordinal.asc"],
    )
    assert third["ordinal"] == [f"gt.{PAGE - 1}"]


def test_a_passage_leads_to_its_document(asked, supabase_server):
    for rows in ([], [{"document": "docs/a.md"}], [DOCUMENT]):
        supabase_server.next(Reply(body=rows))
    supabase_server.next(passages(0, 2))
    found = asked.run(asked.backend.get_document("docs/a.md#1", deadline=asked.deadline()))
    assert found.passages == ("docs/a.md#0", "docs/a.md#1")


def test_an_unknown_document_is_none(asked, supabase_server):
    for _ in range(2):
        supabase_server.next(Reply(body=[]))
    assert asked.run(asked.backend.get_document("x\x00", deadline=asked.deadline())) is None


def test_documents_are_listed_by_page_and_prefix(asked, supabase_server):
    other = {**DOCUMENT, "id": "docsx"}
    supabase_server.next(Reply(body=[DOCUMENT, other]))
    found = asked.run(
        asked.backend.list_documents(
            deadline=asked.deadline(), prefix="docs/", after="docs/%", limit=7
        )
    )
    # Whatever LIKE makes of the prefix, nothing else is given.
    assert [entry.id for entry in found] == ["docs/a.md"]
    ((table, parameters),) = asked_for(supabase_server)
    assert table == "mesh_documents"
    assert parameters["id"] == ["like.docs/%", "gt.docs/%"]
    assert (parameters["order"], parameters["limit"]) == (["id.asc"], ["7"])


@pytest.mark.parametrize("prefix", ["a_b", "50%", "back\\slash", "st*r"])
def test_signs_of_patterns_are_no_patterns(asked, supabase_server, prefix):
    supabase_server.next(Reply(body=[]))
    asked.run(asked.backend.list_documents(deadline=asked.deadline(), prefix=prefix))
    ((_, parameters),) = asked_for(supabase_server)
    expected = {"a_b": "a\\_b", "50%": "50\\%", "back\\slash": "back\\\\slash", "st*r": "st_r"}
    assert parameters["id"] == [f"like.{expected[prefix]}%"]


def test_a_table_that_cannot_be_read_is_an_error(asked, supabase_server):
    supabase_server.next(Reply(status=403, body={"code": "42501", "message": "no"}))
    with pytest.raises(SourceUnavailableError, match="documents"):
        asked.run(asked.backend.list_documents(deadline=asked.deadline()))
