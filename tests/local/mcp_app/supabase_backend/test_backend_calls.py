"""Which services are asked, how often, and what becomes of the answers."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import replace

import pytest

from mcp_app.knowledge.errors import SourceUnavailableError, UnusableAnswerError
from mcp_app.knowledge.supabase.outcome import spread
from mesh.runtime.access.caller import Caller, calling
from tests.local.mcp_app.supabase_backend.scripted import Drop, Reply
from tests.local.mcp_app.supabase_backend.usual import PASSAGE, STORED, jwt, model_answer


def test_a_hybrid_search_embeds_once_and_asks_one_function(asked, supabase_server, openai_server_):
    found = asked.documents(context="media archive", max_results=4, threshold=0.2)

    (embedding,) = openai_server_.requests
    assert embedding.json["input"] == "How long are proxies kept?"
    assert (embedding.json["model"], embedding.json["dimensions"]) == ("text-embedding-3-small", 3)
    (search,) = supabase_server.asked("mesh_search_passages")
    assert search.json == {
        "p_query": "How long are proxies kept?",
        "p_embedding": "[0.5,0.25,-1]",
        "p_mode": "hybrid",
        "p_limit": 4,
        "p_threshold": 0.2,
        "p_context": "media archive",
        "p_per_document": 2,
    }
    (hit,) = found.hits
    assert (hit.id, hit.score, hit.score_kind) == (PASSAGE["id"], 0.0327, "reciprocal_rank_fusion")
    assert (hit.coverage, hit.similarity, hit.heading) == (1.0, 0.71, ("Ingest", "Checksums"))
    assert (found.mode, found.candidates, found.reason) == ("hybrid", 12, None)
    assert found.terms == ("long", "proxies", "kept")
    assert [(one.source, one.status, one.hits) for one in found.sources] == [("documents", "ok", 1)]


def test_a_keyword_search_asks_openai_nothing(with_store, openai_server_):
    found = with_store.documents(mode="keyword")

    assert found.hits[0].score_kind == "text_rank"
    assert openai_server_.requests == []
    assert [one.source for one in found.sources] == ["documents"]


def test_a_query_without_words_is_not_asked(asked, supabase_server, openai_server_):
    found = asked.documents("who are you?", mode="keyword")
    blank = asked.documents("  \x00 ")

    assert found.hits == blank.hits == ()
    assert "nothing to search for" in found.reason
    assert supabase_server.requests == openai_server_.requests == []


def test_the_vector_store_is_shown_beside_the_documents(with_store, openai_server_):
    found = with_store.documents(max_results=2, threshold=0.3)

    assert [hit.source for hit in found.hits] == ["documents", "vector_store"]
    stored = found.hits[1]
    assert (stored.score, stored.score_kind) == (0.83, "vector_store")
    assert (stored.title, stored.link) == ("handbook.pdf", "https://wiki.example/handbook")
    assert stored.coverage is stored.similarity is None
    (search,) = openai_server_.asked("/vector_stores/vs_1/search")
    assert search.json["ranking_options"] == {"score_threshold": 0.3}
    # How many the store looked at is not told, so neither is a sum.
    assert found.candidates is None


def test_no_source_takes_the_room_of_another(with_store, supabase_server, openai_server_):
    many = [{**PASSAGE, "id": f"p{number}"} for number in range(5)]
    supabase_server.next(Reply(body=many), path="mesh_search_passages")
    found = with_store.documents(max_results=3)

    assert [hit.source for hit in found.hits] == ["documents", "documents", "vector_store"]
    assert [one.hits for one in found.sources] == [2, 1]


def test_a_result_of_the_store_below_the_threshold_is_no_evidence(with_store):
    found = with_store.documents(threshold=0.9)

    assert [hit.source for hit in found.hits] == ["documents"]


def test_nothing_found_says_so_and_shows_nothing(asked, supabase_server):
    supabase_server.next(Reply(body=[]), path="mesh_search_passages")
    found = asked.documents(threshold=0.5)

    assert found.hits == ()
    assert found.candidates is None
    assert found.reason == "Nothing in documents reaches the threshold of 0.5."


def test_filters_are_parameters(asked, supabase_server):
    asked.tickets(project="aoma'; drop table", status=["Open", " "], priority=[])

    (search,) = supabase_server.asked("mesh_search_tickets")
    assert search.json["p_project"] == "aoma'; drop table"
    assert search.json["p_status"] == ["Open"]
    assert search.json["p_priority"] is None
    assert "drop" not in search.path


def test_dates_and_patterns_become_what_the_database_compares(asked, supabase_server):
    supabase_server.next(Reply(body=[]), path="mesh_search_commits")
    asked.run(
        asked.backend.search_commits(
            "checksum",
            deadline=asked.deadline(),
            author=["ada"],
            date_from="2026-03-31",
            date_to="2026-03-31",
            file_pattern="src/**/*.py",
            mode="keyword",
        )
    )
    (search,) = supabase_server.asked("mesh_search_commits")
    assert search.json["p_from"] == "2026-03-31T00:00:00+00:00"
    assert search.json["p_to"] == "2026-03-31T23:59:59.999999+00:00"
    assert search.json["p_path_regex"].startswith("^src")
    with pytest.raises(ValueError, match="date_from: 'soon' is not an ISO 8601 date"):
        asked.run(asked.backend.search_commits("x", deadline=asked.deadline(), date_from="soon"))


def test_a_ticket_is_read_by_its_key_in_any_case(asked, supabase_server):
    ticket = asked.run(asked.backend.get_ticket(" aoma-7 ", deadline=asked.deadline()))

    assert "key=eq.AOMA-7" in supabase_server.requests[0].path
    assert (ticket.id, ticket.labels) == ("AOMA-7", ("upload",))
    assert ticket.created == "2026-01-31T10:00:00Z"
    supabase_server.next(Reply(body=[]))
    assert asked.run(asked.backend.get_ticket("AOMA-8", deadline=asked.deadline())) is None


def test_counts_are_those_of_the_database(asked, supabase_server):
    counted = [
        {"dimension": "total", "value": None, "count": 3},
        {"dimension": "project", "value": "AOMA", "count": 3},
        {"dimension": "status", "value": "Open", "count": 2},
        {"dimension": "status", "value": None, "count": 1},
    ]
    supabase_server.next(Reply(body=counted))
    count = asked.run(asked.backend.count_tickets(deadline=asked.deadline(), project="AOMA"))

    assert count.total == 3
    assert [(tally.value, tally.count) for tally in count.by_status] == [("Open", 2), (None, 1)]
    assert count.by_priority == ()


def test_requests_carry_the_key_and_the_servers_token(asked, supabase_server, openai_server_):
    asked.documents()

    for request in supabase_server.requests:
        assert request.headers["apikey"] == "sb_publishable_canary-publishable"
        assert request.headers["authorization"] == f"Bearer {jwt()}"
    assert openai_server_.requests[0].headers["authorization"] == "Bearer sk-canary-openai"


def test_a_users_own_token_is_sent_in_place_of_the_servers(asked, supabase_server, parameters):
    theirs = jwt("authenticated", sub="ada")
    with calling(Caller("ada", theirs)):
        asked.tickets(mode="keyword")
    asked.tickets(mode="keyword")

    sent = [request.headers["authorization"] for request in supabase_server.requests]
    assert sent == [f"Bearer {theirs}", f"Bearer {jwt()}"]


def test_secrets_are_read_once_within_their_time(asked, parameters):
    for _ in range(3):
        asked.documents()
    assert sorted(parameters.reads) == sorted(parameters.values)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("supabase-key", "sb_secret_canary-publishable"),
        ("supabase-key", jwt("service_role")),
        ("supabase-token", "sb_secret_canary-publishable"),
        ("supabase-token", jwt("service_role")),
    ],
)
def test_a_service_key_is_never_used(asked, parameters, supabase_server, parameter, value):
    parameters.values[f"/mesh/test/{parameter}"] = value
    with pytest.raises(SourceUnavailableError, match="holds a service key") as caught:
        asked.tickets(mode="keyword")

    assert supabase_server.requests == []
    assert f"/mesh/test/{parameter}" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_what_is_no_token_of_a_role_is_not_sent(asked, parameters, supabase_server):
    parameters.values["/mesh/test/supabase-token"] = "sb_publishable_canary-publishable"
    with pytest.raises(SourceUnavailableError, match="mesh database token"):
        asked.tickets(mode="keyword")
    assert supabase_server.requests == []


def test_the_model_is_asked_to_keep_nothing(asked, openai_server_):
    text = asked.run(
        asked.backend.write("Be brief.", "Passages", max_tokens=500, deadline=asked.deadline())
    )

    assert text == "Ninety days [1]."
    (request,) = openai_server_.requests
    assert request.json["store"] is False
    assert request.json["model"] == "gpt-test"
    assert request.json["max_output_tokens"] == 500
    assert (request.json["instructions"], request.json["input"]) == ("Be brief.", "Passages")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (
            model_answer(status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "cut off",
        ),
        (
            model_answer(status="incomplete", incomplete_details={"reason": "content_filter"}),
            "content filter",
        ),
        (model_answer(output=[]), "empty"),
        (
            model_answer(
                output=[
                    {
                        "type": "message",
                        "id": "m",
                        "role": "assistant",
                        "status": "completed",
                        "content": [{"type": "refusal", "refusal": "No."}],
                    }
                ]
            ),
            "declined",
        ),
    ],
)
def test_what_the_model_did_not_finish_is_not_given(asked, openai_server_, answer, reason):
    openai_server_.next(Reply(body=answer))
    with pytest.raises(UnusableAnswerError, match=reason):
        asked.run(asked.backend.write("i", "c", max_tokens=5, deadline=asked.deadline()))


def test_writing_is_not_done_twice(asked, openai_server_):
    openai_server_.next(Drop(), Drop())
    with pytest.raises(SourceUnavailableError, match="broke before its answer was whole"):
        asked.run(asked.backend.write("i", "c", max_tokens=5, deadline=asked.deadline()))
    assert len(openai_server_.requests) == 1


def test_nothing_of_the_clients_is_imported_before_the_first_call():
    code = (
        "import sys; from mcp_app.knowledge.supabase.backend import SupabaseBackend; "
        "print([n for n in ('openai', 'postgrest', 'httpx', 'httpx2') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


def test_the_stored_passage_has_an_id_of_its_own(with_store, openai_server_):
    other = {**STORED, "content": [{"type": "text", "text": "Masters are kept for ever."}]}
    page = {"object": "vector_store.search_results.page", "has_more": False, "next_page": None}
    openai_server_.next(
        Reply(body={**page, "search_query": ["q"], "data": [STORED, other]}), path="/search"
    )
    found = with_store.documents()
    ids = [hit.id for hit in found.hits if hit.source == "vector_store"]
    assert len(set(ids)) == 2
    assert all(one.startswith("file-1#") for one in ids)


def test_a_document_gives_as_many_passages_as_asked_for_in_the_store_too(
    with_store, supabase_server, openai_server_
):
    found = with_store.documents(per_document=3)
    (search,) = supabase_server.asked("mesh_search_passages")
    assert search.json["p_per_document"] == 3
    one = next(hit for hit in found.hits if hit.source == "vector_store")
    files = [replace(one, id=str(number), document="a") for number in range(4)]
    assert [hit.id for hit in spread([*files, one], 2)] == ["0", "1", one.id]
