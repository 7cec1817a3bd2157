"""A caller limited to sources, in real PostgreSQL: what a policy hides, no function tells."""

from __future__ import annotations

import pytest

from mesh.runtime.access.caller import Caller, calling

HIDDEN = {"mesh_documents": "corpus", "mesh_tickets": "project", "mesh_commits": "repository"}


@pytest.fixture
def limited(supabase):
    """A caller for two of several parts; what it may not see has the same words."""
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")
        connection.execute(
            "insert into mesh_documents (id, title, corpus) values ('vault.md', 'Vault', 'vault')"
        )
        connection.execute(
            "insert into mesh_passages (id, document, ordinal, text) values "
            "('vault.md#1', 'vault.md', 0, 'Every master file gets a violet checksum.')"
        )
        connection.execute(
            "insert into mesh_commits (id, repository, hash, subject, author, date, committed_at) "
            "values ('cellar@1', 'cellar', '1', 'Verify violet checksums', 'Eve', "
            "'2026-04-01T00:00:00+00:00', '2026-04-01T00:00:00+00:00')"
        )
        connection.execute(
            "insert into mesh_code_files (id, repository, path, extension, size_bytes, lines) "
            "values ('cellar/b.py', 'cellar', 'b.py', 'py', 1, 1)"
        )
        connection.execute(
            "insert into mesh_code_parts (id, file, start_line, end_line, text) values "
            "('cellar/b.py#1', 'cellar/b.py', 1, 1, 'def violet_checksum(): verify asset')"
        )
        connection.commit()
    sources = {"documents:docs", "tickets:AOMA", "commits:vault", "code:vault"}
    return Caller("key:it", sources=frozenset(sources))


def asked(live, name, *arguments, **options):
    return live.run(getattr(live.backend, name)(*arguments, deadline=live.deadline(), **options))


SEARCHES = ["search_documents", "search_tickets", "search_commits", "search_code"]
QUERY = "violet checksum upload backup master"


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
@pytest.mark.parametrize("search", SEARCHES)
def test_a_search_sees_only_the_callers_parts(live, limited, search, mode):
    every = asked(live, search, QUERY, mode=mode, threshold=0.0, max_results=50)
    with calling(limited):
        found = asked(live, search, QUERY, mode=mode, threshold=0.0, max_results=50)
    assert found.hits
    for hit in found.hits:
        fields = hit.as_dict()
        part = fields.get("corpus") or fields.get("project") or fields.get("repository")
        assert part in {"docs", "AOMA", "vault"}
        assert "violet" not in hit.text
    if mode == "keyword":
        assert found.candidates == len(found.hits)
        assert found.candidates < every.candidates


def test_items_lists_counts_and_dates_are_the_callers(live, limited):
    def told():
        return (
            [entry.id for entry in asked(live, "list_documents")],
            asked(live, "get_document", "vault.md#1"),
            asked(live, "get_item", "commits", "cellar@1"),
            asked(live, "get_item", "code", "cellar/b.py"),
            asked(live, "get_ticket", "OPS-1"),
            asked(live, "count_tickets").total,
            asked(live, "newest"),
            {one.source: one.entries for one in live.run(live.backend.check(live.deadline()))},
        )

    with calling(limited):
        listed, *absent, total, newest, entries = told()
    assert listed == ["ingest.md", "retention.md"]
    assert absent == [None] * 4
    assert total == 2
    assert newest == "2026-03-31T10:00:00Z"
    assert (entries["documents"], entries["commits"], entries["code"]) == (2, 3, 1)
    listed, *found, total, newest, entries = told()
    assert "vault.md" in listed
    assert None not in found
    assert (total, newest, entries["commits"]) == (3, "2026-04-01T00:00:00Z", 4)


def test_an_item_is_read_whole(live, limited):
    with calling(limited):
        code = asked(live, "get_item", "code", "vault/a.py#L1-L2")
        commit = asked(live, "get_item", "commits", "vault@0")
        ticket = asked(live, "get_item", "tickets", "AOMA-1")
    assert code.text == "def verifyChecksum(asset): ..."
    assert "Ada Byron" in commit.text
    assert "Status: Open" in ticket.text


def test_a_caller_without_a_source_is_refused_it(live):
    with calling(Caller("key:it", sources=frozenset({"tickets"}))):
        assert asked(live, "count_tickets").total == 3
        assert asked(live, "list_documents") == []
        for search in ("search_documents", "search_commits", "search_code"):
            with pytest.raises(ValueError, match="limited to other sources"):
                asked(live, search, QUERY)
        states = live.run(live.backend.check(live.deadline()))
        assert {one.source for one in states} <= {"tickets", "openai"}
