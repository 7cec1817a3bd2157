"""Whole documents and lists of them from real PostgreSQL, each reader's own."""

from __future__ import annotations

from mcp_app.knowledge.supabase.documents import PAGE
from mesh.runtime.access.caller import Caller, calling


def add(supabase, name, passages=1):
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")
        connection.execute(
            "insert into mesh_documents (id, title, corpus) values (%s, %s, 'docs')", [name, name]
        )
        for ordinal in range(passages):
            connection.execute(
                "insert into mesh_passages (id, document, ordinal, text) values (%s, %s, %s, %s)",
                [f"{name}#{ordinal}", name, ordinal, f"Text {ordinal}."],
            )
        connection.commit()


def names(live, **options):
    found = live.run(live.backend.list_documents(deadline=live.deadline(), **options))
    return [entry.id for entry in found]


def read(live, name):
    return live.run(live.backend.get_document(name, deadline=live.deadline()))


def test_a_reader_lists_and_reads_what_is_for_it(live, supabase):
    # The server's own token belongs to no reader in particular.
    assert names(live) == ["ingest.md", "retention.md"]
    assert read(live, "contract.md") is None
    with calling(Caller("ada", supabase.user_token("ada@example.com"))):
        assert names(live) == ["contract.md", "ingest.md", "retention.md"]
        assert "December" in read(live, "contract.md").text
        # By its passage, too.
        assert read(live, "contract.md#1").id == "contract.md"
        assert read(live, "board.md") is None


def test_pages_follow_each_other_without_gap_or_repetition(live, supabase):
    for name in ("a_1.md", "axb.md", "50%.md", "Ä/ö.md", "back\\slash.md", "st*r.md"):
        add(supabase, name)
    whole = names(live)
    found: list[str] = []
    while page := names(live, after=found[-1] if found else None, limit=3):
        found += page
    assert found == whole
    assert len(whole) == 8
    for name in whole:
        assert names(live, prefix=name) == [name]
        assert read(live, name).id == name
    assert names(live, prefix="a_") == ["a_1.md"]


def test_a_document_of_many_passages_is_read_whole_and_in_order(live, supabase):
    add(supabase, "long.md", passages=PAGE + 5)
    found = read(live, "long.md")
    assert found.text == "\n\n".join(f"Text {n}." for n in range(PAGE + 5))
