"""The whole server on the supabase backend: tools and /ready, faults of its sources included."""

from __future__ import annotations

from copy import replace

import pytest

from mcp_app import settings as server_settings
from mcp_app.deployment import backend_of
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.knowledge.supabase.backend import SupabaseBackend
from mcp_app.server import build_server
from mesh.runtime.http.app import build_app
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import Client
from tests.local.mcp_app.supabase_backend.ordered_faults import OPENAI, SUPABASE
from tests.local.mcp_app.supabase_backend.scripted import Reply
from tests.local.mcp_app.supabase_backend.usual import CANARIES


@pytest.fixture
def serve(settings, parameters):
    """Starts whole servers, open to everybody, and closes them at the end."""
    instances = []

    def start(**changes) -> Client:
        chosen = replace(settings, **changes)
        server = replace(
            server_settings.load({"MESH_AUTH": "none"}),
            backend="supabase",
            supabase=chosen,
            deadline_seconds=20.0,
        )
        backend = SupabaseBackend(chosen, parameters.read)
        instance = Instance(build_app(build_server(server, backend), server, None))
        instances.append(instance)
        return Client(lambda event: instance.answer(event, None), None)

    yield start
    for instance in instances:
        instance.close()


@pytest.fixture
def client(serve) -> Client:
    made: Client = serve(vector_store_id="vs_1")
    return made


def refused(client, tool, **arguments):
    """What a caller is told by a tool call that must fail."""
    result = client.rpc("tools/call", {"name": tool, "arguments": arguments})["result"]
    assert result["isError"]
    return result["content"][0]["text"]


def test_the_settings_choose_the_backend(settings):
    closed = server_settings.load({"MESH_AUTH": "none"})
    assert isinstance(backend_of(closed), EmbeddedBackend)
    assert isinstance(backend_of(replace(closed, supabase=settings)), SupabaseBackend)


def test_a_search_is_answered_through_the_tool(client):
    found = client.call("search_jira_tickets", query="upload hangs", mode="hybrid", detail="full")

    (hit,) = found["hits"]
    assert (hit["id"], hit["score_kind"]) == ("AOMA-7", "reciprocal_rank_fusion")
    assert found["sources"][0]["status"] == "ok"


def test_a_fault_reaches_the_caller_as_a_tool_error(client, supabase_server):
    supabase_server.next(SUPABASE["missing RPC"].behaviour, path="mesh_search_tickets")
    told = refused(client, "search_jira_tickets", query="upload hangs")

    assert "tickets is unavailable: Supabase answered 404 (PGRST202)" in told
    assert "mesh database migrate" in told
    assert "Traceback" not in told
    assert not [canary for canary in CANARIES if canary in told]


def test_sources_that_are_not_offered_have_no_tools(serve):
    client = serve(sources=("tickets",))
    names = {tool["name"] for tool in client.rpc("tools/list")["result"]["tools"]}

    assert "search_jira_tickets" in names
    assert not names & {"search_git_commits", "search_code_files", "search_knowledge"}


def test_ready_asks_every_source_at_once(client):
    reply = client.request("GET", "/ready")

    assert (reply.status, reply.json["status"]) == (200, "ok")
    assert list(reply.json["sources"]) == [
        *("documents", "tickets", "commits", "code"),
        *("openai", "vector_store"),
    ]
    assert reply.json["sources"]["tickets"]["entries"] == 5
    assert reply.json["sources"]["vector_store"]["entries"] == 4


def test_ready_names_what_is_down(client, openai_server_, supabase_server):
    openai_server_.next(*[OPENAI["401"].behaviour] * 2, path="/models")
    reply = client.request("GET", "/ready")

    assert (reply.status, reply.json["status"]) == (503, "unavailable")
    sources = reply.json["sources"]
    assert "does not accept the API key" in sources["openai"]["error"]
    assert sources["documents"]["status"] == "ok"
    assert not [canary for canary in CANARIES if canary in reply.text]


def test_health_tool_tells_the_last_error_after_recovery(client, supabase_server):
    supabase_server.next(*[SUPABASE["500"].behaviour] * 2, path="mesh_search_tickets")
    refused(client, "search_jira_tickets", query="upload hangs")
    health = client.call("get_system_health")

    states = {one["source"]: one for one in health["sources"]}
    assert states["tickets"]["status"] == "ok"
    assert "Supabase answered 500" in states["tickets"]["last_error"]
    assert "last_error" not in states["documents"]
    assert health["status"] == "healthy"


def test_health_tool_is_degraded_by_one_source_and_unhealthy_without_any(
    client, supabase_server, openai_server_
):
    supabase_server.next(*[SUPABASE["503"].behaviour] * 4, path="mesh_source_states")
    assert client.call("get_system_health")["status"] == "degraded"

    supabase_server.next(*[SUPABASE["503"].behaviour] * 2, path="mesh_source_states")
    openai_server_.next(*[Reply(500)] * 9)
    assert client.call("get_system_health")["status"] == "unhealthy"


def test_shallow_health_touches_nothing(client, supabase_server, openai_server_):
    reply = client.request("GET", "/health")

    assert reply.json["status"] == "ok"
    assert supabase_server.requests == openai_server_.requests == []
