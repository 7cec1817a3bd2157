"""The backend against real PostgreSQL, real PostgREST, and the stand-in for OpenAI."""

from __future__ import annotations

import re
from typing import Any

import pytest

from aoma.local_supabase.http.faults import Fault
from mcp_app.knowledge.errors import SourceUnavailableError
from mesh.runtime.access.caller import Caller, calling
from tests.local.mcp_app.supabase_backend.usual import Parameters


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
def test_the_passage_that_answers_comes_first_in_every_mode(live, mode):
    found = live.documents("how long are proxies kept", mode=mode, threshold=0.3)

    first = found.hits[0]
    assert first.id == "retention.md#1"
    assert first.title == "Retention"
    assert (first.coverage is None) is (mode == "semantic")
    assert (first.similarity is None) is (mode == "keyword")
    stored = [hit for hit in found.hits if hit.source == "vector_store"]
    assert bool(stored) is (mode != "keyword")
    assert all(one.status == "ok" for one in found.sources)


def test_every_score_is_the_databases_own(live):
    (hit,) = live.tickets("upload hangs", mode="keyword", threshold=0.9).hits

    assert (hit.id, hit.coverage, hit.score_kind) == ("AOMA-1", 1.0, "text_rank")
    assert hit.similarity is None
    assert hit.created == "2026-01-31T10:00:00Z"
    assert hit.labels == ("upload",)
    half = live.tickets("upload elephant", mode="keyword", threshold=0.5)
    assert {hit.coverage for hit in half.hits} == {0.5}
    # All three are labelled `upload`.
    assert half.candidates == 3


def test_nothing_near_is_nothing(live):
    found = live.documents("zebra quagga", threshold=0.5)

    assert found.hits == ()
    assert found.reason == "Nothing in documents and vector_store reaches the threshold of 0.5."


def test_filters_hold_in_the_database(live):
    found = live.tickets("upload backup", mode="keyword", threshold=0.1, status=["open"])
    assert {hit.id for hit in found.hits} == {"AOMA-1", "OPS-1"}
    found = live.tickets(
        "upload backup", mode="keyword", threshold=0.1, status=["OPEN"], project="ops"
    )
    assert [hit.id for hit in found.hits] == ["OPS-1"]


def test_tickets_are_counted_and_read(live):
    count = live.run(live.backend.count_tickets(deadline=live.deadline(), status=["open"]))
    assert count.total == 2
    assert {(one.value, one.count) for one in count.by_priority} == {("High", 1), (None, 1)}
    ticket = live.run(live.backend.get_ticket("ops-1", deadline=live.deadline()))
    assert (ticket.id, ticket.title) == ("OPS-1", "Backup of the archive fails")
    assert live.run(live.backend.get_ticket("OPS-2", deadline=live.deadline())) is None


def test_commits_and_code_are_found(live):
    async def commits(**options: Any) -> Any:
        return await live.backend.search_commits(
            "checksums", deadline=live.deadline(), threshold=0.1, **options
        )

    found = live.run(commits(file_pattern="src/**/*.py", author=["ada"], date_to="2026-03-31"))
    (commit,) = found.hits
    assert commit.files[0].path == "src/ingest/checksum.py"
    assert (commit.files[0].additions, commit.files[0].deletions) == (2, None)
    assert live.run(commits(date_from="2026-04-01")).hits == ()
    code = live.run(
        live.backend.search_code(
            "verify checksum", deadline=live.deadline(), file_extension=[".PY"], threshold=0.1
        )
    )
    assert [(hit.id, hit.link) for hit in code.hits] == [
        ("vault/a.py#L1-L2", "https://x/a.py#L1-L2")
    ]


def test_two_users_see_different_rows_through_the_same_call(live, supabase):
    def seen(token: str | None) -> set[str]:
        with calling(Caller("somebody", token)):
            found = live.documents("contract board ends meets", mode="keyword", threshold=0.1)
        return {hit.document for hit in found.hits}

    assert seen(supabase.user_token("ada@example.com")) == {"contract.md"}
    assert seen(supabase.user_token("grace@example.com", groups=["board"])) == {"board.md"}
    assert seen(supabase.user_token("alan@example.com")) == set()
    assert seen(None) == set()


def test_an_anonymous_sign_in_sees_nothing(live, supabase):
    with calling(Caller("guest", supabase.user_token(anonymous=True))):
        found = live.documents("proxies kept", mode="keyword", threshold=0.1)
    assert found.hits == ()


def test_the_token_that_has_expired_is_named(live, supabase):
    live.parameters.values["/mesh/test/supabase-token"] = supabase.server_token(expires_in=-60)
    with pytest.raises(SourceUnavailableError, match="supabase-token has expired"):
        live.tickets(mode="keyword")


def test_a_new_token_is_picked_up_when_the_old_one_expires(live, supabase):
    live.parameters.values["/mesh/test/supabase-token"] = supabase.server_token(expires_in=-60)
    with pytest.raises(SourceUnavailableError):
        live.tickets(mode="keyword")
    live.parameters.values["/mesh/test/supabase-token"] = supabase.server_token()
    assert live.tickets(mode="keyword", threshold=0.1).hits


def test_a_token_signed_by_somebody_else_is_refused(live):
    live.parameters.values["/mesh/test/supabase-token"] = Parameters().values[
        "/mesh/test/supabase-token"
    ]
    with pytest.raises(SourceUnavailableError, match=r"answered 401.*supabase-token"):
        live.tickets(mode="keyword")


def test_a_wrong_publishable_key_is_refused(live):
    live.parameters.values["/mesh/test/supabase-key"] = "sb_publishable_wrong"
    with pytest.raises(SourceUnavailableError, match=r"answered 401.*supabase-key"):
        live.tickets(mode="keyword")


def test_a_function_that_is_not_there_says_how_to_make_it(live, supabase):
    with supabase.connect() as connection:
        connection.execute(
            "do $$ declare f regprocedure; begin select oid into f from pg_proc "
            "where proname = 'mesh_search_tickets'; execute 'drop function ' || f; end $$"
        )
        connection.commit()
    supabase.reload_schema()
    with pytest.raises(SourceUnavailableError, match="mesh database migrate"):
        live.tickets(mode="keyword")


def test_a_right_that_was_taken_away_is_named(live, supabase):
    with supabase.connect() as connection:
        connection.execute("revoke select on mesh_tickets from mesh_server")
        connection.commit()
    with pytest.raises(SourceUnavailableError, match=r"\(42501\).*needs the role mesh_server"):
        live.tickets(mode="keyword")


def test_a_search_that_takes_too_long_is_ended_by_the_database(live, supabase):
    with supabase.connect() as connection:
        connection.execute("alter role mesh_server set statement_timeout = '1ms'")
        connection.commit()
    supabase.reload_schema()
    try:
        with pytest.raises(SourceUnavailableError, match=r"\(57014\).*at its time limit"):
            live.tickets(mode="keyword")
    finally:
        with supabase.connect() as connection:
            connection.execute("alter role mesh_server set statement_timeout = '8s'")
            connection.commit()
        supabase.reload_schema()


def test_a_database_that_is_down_is_named_and_found_again(live, supabase):
    assert live.tickets("upload", mode="keyword").hits
    supabase.stop_database()
    try:
        with pytest.raises(SourceUnavailableError, match="tickets is unavailable: Supabase"):
            live.tickets("upload", mode="keyword")
        partly = live.documents("how long are proxies kept", threshold=0.3)
        assert [hit.source for hit in partly.hits] == ["vector_store"]
        assert [one.status for one in partly.sources] == ["failed", "ok"]
    finally:
        supabase.start_database()
    assert live.tickets("upload", mode="keyword").hits


def test_data_of_another_model_are_not_compared(live, supabase):
    with supabase.connect() as connection:
        connection.execute("set role mesh_ingest")
        connection.execute("update mesh_embedding set model = 'text-embedding-ada-002'")
        connection.commit()
    with pytest.raises(SourceUnavailableError, match="were made with text-embedding-ada-002"):
        live.tickets()
    assert live.tickets("upload", mode="keyword").hits
    states = {one.source: one for one in live.run(live.backend.check(live.deadline()))}
    assert states["tickets"].status == "down"
    assert "re-embed" in (states["tickets"].error or "")


def test_an_embedding_of_the_wrong_length_reaches_no_database(live, openai_server, supabase):
    openai_server.faults.add(Fault.wrong_dimension(3))
    with pytest.raises(SourceUnavailableError, match="gave an embedding of 3 numbers"):
        live.tickets()
    assert supabase.requests.to("mesh_search") == []


def test_health_asks_all_and_tells_entries(live):
    states = {one.source: one for one in live.run(live.backend.check(live.deadline()))}

    assert {source: one.status for source, one in states.items()} == dict.fromkeys(
        ["documents", "tickets", "commits", "code", "openai", "vector_store"], "ok"
    )
    assert states["tickets"].entries == 3
    # What the server's own token may see.
    assert states["documents"].entries == 2
    assert states["vector_store"].entries == 1
    assert all(one.latency_ms > 0 for one in states.values())


def test_health_names_what_is_down_and_remembers_it(live, openai_server):
    openai_server.faults.add(Fault.error(500), path="/v1/models")
    states = {one.source: one for one in live.run(live.backend.check(live.deadline()))}

    assert states["openai"].status == "down"
    assert "OpenAI answered 500" in (states["openai"].error or "")
    assert states["documents"].status == states["vector_store"].status == "ok"
    states = {one.source: one for one in live.run(live.backend.check(live.deadline()))}
    assert (states["openai"].status, states["openai"].error) == ("ok", None)
    assert re.match(r"20..-..-..T..:..:..Z: OpenAI answered 500", states["openai"].last_error or "")


def test_health_does_not_wait_longer_than_its_deadline(live, openai_server):
    openai_server.faults.add(Fault.delay(30), path="/v1/models")
    live.seconds = 1.5
    states = {one.source: one for one in live.run(live.backend.check(live.deadline()))}

    assert states["openai"].error is not None
    assert "did not answer within 1.5 s" in states["openai"].error
    assert states["openai"].latency_ms < 3000
    assert states["documents"].status == "ok"
