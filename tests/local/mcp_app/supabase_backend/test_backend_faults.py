"""Every fault of one source: an explicit error, or a partial result that names what is missing.

Nothing is filled in, nothing is asked more often than twice, and no secret is repeated.
"""

from __future__ import annotations

import time
from dataclasses import asdict

import pytest

from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.supabase.embedding_guard import TRUSTED_SECONDS, EmbeddingGuard, stored
from mesh.runtime.access.caller import Caller, calling
from tests.local.mcp_app.supabase_backend.ordered_faults import OPENAI, SUPABASE
from tests.local.mcp_app.supabase_backend.scripted import Drop, Hang, Reply
from tests.local.mcp_app.supabase_backend.usual import CANARIES, jwt, states

supabase_faults = pytest.mark.parametrize("name", list(SUPABASE))
openai_faults = pytest.mark.parametrize("name", list(OPENAI))


def check_told(text, fault):
    for part in fault.said:
        assert part in text
    assert not [canary for canary in CANARIES if canary in text]


def order(server, fault, path):
    """Has every request to the path meet the fault."""
    server.next(*[fault.behaviour] * 3, path=path)


def allow(asked, fault):
    """Long enough on a busy machine, for all but what never answers."""
    asked.seconds = 3.0 if isinstance(fault.behaviour, Hang) else 20.0


@supabase_faults
def test_a_fault_of_the_only_source_is_an_error_that_names_it(asked, supabase_server, name):
    fault = SUPABASE[name]
    order(supabase_server, fault, "mesh_search_tickets")
    allow(asked, fault)
    with pytest.raises(SourceUnavailableError) as caught:
        asked.tickets(mode="keyword")

    assert str(caught.value).startswith("tickets is unavailable: ")
    check_told(str(caught.value), fault)
    assert len(supabase_server.requests) == fault.requests


@supabase_faults
def test_a_fault_of_the_database_leaves_what_the_vector_store_gave(
    with_store, supabase_server, name
):
    fault = SUPABASE[name]
    order(supabase_server, fault, "mesh_search_passages")
    allow(with_store, fault)
    found = with_store.documents()

    assert [hit.source for hit in found.hits] == ["vector_store"]
    documents, store = found.sources
    assert (documents.source, documents.status, documents.hits) == ("documents", "failed", 0)
    assert (store.source, store.status, store.hits) == ("vector_store", "ok", 1)
    assert documents.error is not None
    check_told(documents.error, fault)
    assert found.candidates is None
    assert not [canary for canary in CANARIES if canary in str(asdict(found))]


@openai_faults
def test_a_fault_of_the_vector_store_leaves_what_the_database_gave(
    with_store, openai_server_, name
):
    fault = OPENAI[name]
    order(openai_server_, fault, "/search")
    allow(with_store, fault)
    found = with_store.documents()

    assert [hit.source for hit in found.hits] == ["documents"]
    documents, store = found.sources
    assert (documents.status, store.status, store.hits) == ("ok", "failed", 0)
    check_told(store.error or "", fault)
    assert len(openai_server_.asked("/search")) == fault.requests


@openai_faults
def test_a_query_that_cannot_be_embedded_is_not_searched_by_its_words_instead(
    asked, supabase_server, openai_server_, name
):
    fault = OPENAI[name]
    order(openai_server_, fault, "/embeddings")
    allow(asked, fault)
    with pytest.raises(SourceUnavailableError) as caught:
        asked.documents()

    assert str(caught.value).startswith("documents is unavailable: ")
    check_told(str(caught.value), fault)
    assert len(openai_server_.requests) == fault.requests
    assert supabase_server.asked("mesh_search") == []


@pytest.mark.parametrize("name", ["401", "429 for long", "500", "timeout", "malformed JSON"])
def test_a_query_that_cannot_be_embedded_is_still_asked_of_the_vector_store(
    with_store, openai_server_, name
):
    fault = OPENAI[name]
    order(openai_server_, fault, "/embeddings")
    allow(with_store, fault)
    found = with_store.documents()

    assert [hit.source for hit in found.hits] == ["vector_store"]
    documents, store = found.sources
    assert (documents.status, store.status) == ("failed", "ok")
    check_told(documents.error or "", fault)


def test_a_partial_result_without_hits_says_what_could_not_be_asked(
    with_store, supabase_server, openai_server_
):
    order(openai_server_, OPENAI["500"], "/search")
    supabase_server.next(Reply(body=[]), path="mesh_search_passages")
    found = with_store.documents(threshold=0.5)

    assert found.hits == ()
    assert found.reason == (
        "Nothing in documents reaches the threshold of 0.5. vector_store could not be asked."
    )


def test_a_source_that_is_missing_from_a_result_is_in_the_log(with_store, openai_server_, caplog):
    order(openai_server_, OPENAI["401"], "/search")
    with_store.documents()

    (record,) = [one for one in caplog.records if one.name == "mesh.source"]
    assert record.fields["source"] == "vector_store"
    assert record.fields["reason"].startswith("OpenAI answered 401 (invalid_api_key)")


@openai_faults
def test_a_model_that_fails_writes_nothing(asked, openai_server_, name):
    fault = OPENAI[name]
    order(openai_server_, fault, "/responses")
    allow(asked, fault)
    with pytest.raises(SourceUnavailableError) as caught:
        asked.run(asked.backend.write("i", "c", max_tokens=9, deadline=asked.deadline()))

    assert str(caught.value).startswith("model is unavailable: ")
    check_told(str(caught.value), fault)


@pytest.mark.parametrize("call", ["get_ticket", "count_tickets"])
@supabase_faults
def test_a_ticket_or_a_count_is_never_made_up(asked, supabase_server, name, call):
    fault = SUPABASE[name]
    order(supabase_server, fault, "mesh_")
    allow(asked, fault)
    arguments = ["AOMA-7"] if call == "get_ticket" else []
    with pytest.raises(SourceUnavailableError) as caught:
        asked.run(getattr(asked.backend, call)(*arguments, deadline=asked.deadline()))
    check_told(str(caught.value), fault)


def test_when_all_sources_fail_all_are_named(with_store, supabase_server, openai_server_):
    order(supabase_server, SUPABASE["500"], "mesh_search_passages")
    order(openai_server_, OPENAI["404"], "/search")
    with pytest.raises(SourceUnavailableError) as caught:
        with_store.documents()

    assert "documents is unavailable: Supabase answered 500" in str(caught.value)
    assert "vector_store: OpenAI answered 404" in str(caught.value)


def test_what_cannot_be_reached_is_said_to_be_so(asked, supabase_server):
    supabase_server.stop()
    with pytest.raises(SourceUnavailableError, match="Supabase cannot be reached"):
        asked.tickets(mode="keyword")


@pytest.mark.parametrize("name", ["429", "503", "database down", "disconnect", "HTML with 502"])
def test_what_is_over_at_once_is_not_noticed(asked, supabase_server, name):
    supabase_server.next(SUPABASE[name].behaviour, path="mesh_search_tickets")
    found = asked.tickets(mode="keyword")

    assert [hit.id for hit in found.hits] == ["AOMA-7"]
    assert len(supabase_server.requests) == 2


def test_no_second_attempt_goes_past_the_deadline(asked, supabase_server):
    asked.seconds = 2.9
    busy = Reply(429, {"message": "slow down"}, {"retry-after": "3"})
    supabase_server.next(busy, busy, path="mesh_search_tickets")
    with pytest.raises(SourceUnavailableError, match="rate limit"):
        asked.tickets(mode="keyword")

    assert len(supabase_server.requests) == 1


def test_all_steps_share_one_deadline(asked, supabase_server, openai_server_):
    asked.seconds = 3.0
    openai_server_.next(Drop(), path="/embeddings")
    supabase_server.next(Hang(), path="mesh_search_passages")
    began = time.monotonic()
    with pytest.raises(SourceUnavailableError, match="did not answer within 3 s"):
        asked.documents()
    # Not three seconds for each of them.
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("embedding", "said"),
    [
        ([1.0, 2.0], "gave an embedding of 2 numbers, and this deployment works with 3"),
        ([1.0, 2.0, 3.0, 4.0], "gave an embedding of 4 numbers"),
        ([], "not its API's JSON"),
        ([1.0, 2.0, "x"], "not its API's JSON"),
    ],
)
def test_an_embedding_of_another_form_is_refused(
    asked, supabase_server, openai_server_, embedding, said
):
    entry = {"object": "embedding", "index": 0, "embedding": embedding}
    data = [entry] if embedding else []
    body = {"object": "list", "data": data, "model": "m"}
    openai_server_.next(Reply(200, body), path="/embeddings")
    with pytest.raises(SourceUnavailableError) as caught:
        asked.documents()

    assert said in str(caught.value)
    assert supabase_server.asked("mesh_search") == []


def test_embeddings_of_another_model_are_not_compared(asked, supabase_server):
    supabase_server.next(
        Reply(body=states("text-embedding-ada-002", 1536)), path="mesh_source_states"
    )
    with pytest.raises(SourceUnavailableError) as caught:
        asked.documents()

    assert "were made with text-embedding-ada-002 (1536 dimensions)" in str(caught.value)
    assert "this deployment embeds with text-embedding-3-small (3)" in str(caught.value)
    assert "mesh ingest --re-embed" in str(caught.value)
    assert supabase_server.asked("mesh_search") == []
    # Words are not concerned, and what was put right is seen at the next call.
    assert asked.documents(mode="keyword").hits
    assert asked.documents().hits


def test_what_is_not_embedded_yet_is_said_to_be_so(asked, supabase_server):
    supabase_server.next(Reply(body=states(None, None)), path="mesh_source_states")
    with pytest.raises(SourceUnavailableError, match="none of its 5 entries has been embedded"):
        asked.tickets()


def test_a_source_that_is_embedded_does_not_vouch_for_one_that_is_not(asked, supabase_server):
    found = [
        {**row, "model": None, "dimensions": None} if row["source"] == "tickets" else row
        for row in states()
    ]
    supabase_server.next(Reply(body=found), Reply(body=found), path="mesh_source_states")
    assert asked.documents().hits
    with pytest.raises(SourceUnavailableError, match="none of its 5 entries has been embedded"):
        asked.tickets()


def test_a_guard_looks_again_after_a_while():
    now = 0.0
    guard = EmbeddingGuard("m", 3, clock=lambda: now)
    guard.compare("tickets", stored(states("m", 3)))
    assert guard.trusts("tickets")
    assert guard.trusts("documents")
    now = TRUSTED_SECONDS + 1
    assert not guard.trusts("tickets")


def test_the_model_of_the_data_is_looked_up_once_in_a_while(asked, supabase_server):
    for _ in range(3):
        asked.documents()
        asked.tickets()
    assert len(supabase_server.asked("mesh_source_states")) == 1


@pytest.mark.parametrize(
    ("parameter", "server"),
    [
        ("supabase-token", "supabase_server"),
        ("supabase-key", "supabase_server"),
        ("openai-api-key", "openai_server_"),
    ],
)
def test_a_rotated_secret_is_picked_up_at_once(asked, parameters, request, parameter, server):
    asked.documents()
    rotated = {
        "supabase-token": jwt(signature="canary-signature-new"),
        "supabase-key": "sb_publishable_canary-publishable-new",
        "openai-api-key": "sk-canary-openai-new",
    }[parameter]
    parameters.values[f"/mesh/test/{parameter}"] = rotated
    refusing = request.getfixturevalue(server)
    refusing.next(Reply(401, {"message": "Invalid API key"}))
    before = len(refusing.requests)
    found = asked.documents()

    assert found.hits
    refused, accepted, *_ = refusing.requests[before:]
    assert rotated not in str(refused.headers)
    assert rotated in str(accepted.headers)


def test_a_secret_that_stays_wrong_is_not_asked_for_again_and_again(
    asked, parameters, openai_server_
):
    for _ in range(2):
        openai_server_.next(OPENAI["401"].behaviour)
        with pytest.raises(SourceUnavailableError, match="does not accept the API key"):
            asked.documents()
    assert len(openai_server_.requests) == 2


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("{}", "SSM parameter /mesh/test/openai-api-key is not set yet. Set it with"),
        (None, "/mesh/test/openai-api-key could not be read: ParameterNotFound"),
    ],
)
def test_a_missing_secret_fails_closed_and_names_its_parameter(
    asked, parameters, openai_server_, value, said
):
    del parameters.values["/mesh/test/openai-api-key"]
    if value is not None:
        parameters.values["/mesh/test/openai-api-key"] = value
    with pytest.raises(SourceUnavailableError) as caught:
        asked.documents()

    assert said in str(caught.value)
    assert openai_server_.requests == []


def test_a_users_expired_token_is_theirs_to_renew(asked, supabase_server, parameters):
    supabase_server.next(SUPABASE["expired JWT"].behaviour)
    with (
        calling(Caller("ada", jwt("authenticated"))),
        pytest.raises(SourceUnavailableError, match=r"your own access token has expired\. Sign in"),
    ):
        asked.tickets(mode="keyword")
    # The server's own token is not tried instead: it may see what they may not.
    assert len(supabase_server.requests) == 1
    assert "/mesh/test/supabase-token" not in parameters.reads


def test_a_users_token_of_another_issuer_is_not_replaced_by_the_servers(asked, supabase_server):
    supabase_server.next(SUPABASE["401"].behaviour)
    with (
        calling(Caller("ada", jwt("authenticated"))),
        pytest.raises(SourceUnavailableError, match="does not trust its issuer"),
    ):
        asked.tickets(mode="keyword")
    assert len(supabase_server.requests) == 1


def test_a_connection_that_was_closed_meanwhile_costs_nothing(asked, supabase_server):
    """As after a freeze: the service has closed what the sandbox still holds open."""
    row = Reply(body=[], close=True)
    supabase_server.next(row, row, path="mesh_search_tickets")
    for _ in range(3):
        asked.tickets(mode="keyword")

    connections = [request.connection for request in supabase_server.requests]
    assert len(connections) == 3
    assert len(set(connections)) == 3


def test_a_connection_that_dies_under_the_request_costs_one_more(asked, supabase_server):
    asked.tickets(mode="keyword")
    supabase_server.next(Drop(), path="mesh_search_tickets")
    asked.tickets(mode="keyword")

    first, died, again = supabase_server.requests
    assert first.connection == died.connection != again.connection


def test_a_connection_is_not_used_again_after_a_pause(asked, supabase_server, monkeypatch):
    asked.tickets(mode="keyword")
    # As long as a sandbox may be frozen for, by the clock that the connections have.
    late = time.monotonic
    monkeypatch.setattr("httpcore._async.http11.time.monotonic", lambda: late() + 60)
    asked.tickets(mode="keyword")

    first, second = supabase_server.requests
    assert first.connection != second.connection
