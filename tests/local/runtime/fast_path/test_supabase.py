"""Over Supabase and OpenAI the fast path answers as FastMCP does, and asks them as often."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.starts.parameter_store import ParameterStore
from benchmarks.starts.services import TEXTS, services
from tests.local.mcp_app.supabase_backend.ordered_faults import OPENAI, SUPABASE, Fault
from tests.local.mcp_app.supabase_backend.scripted import ScriptedServer
from tests.local.mcp_app.supabase_backend.usual import CANARIES, Parameters, openai, postgrest
from tests.local.runtime.fast_path.copies import Compared, compare
from tests.local.runtime.fast_path.requests import asked, call, in_all_ways

# Enough for the imports of the first call on a busy machine; a service that hangs takes it all.
SECONDS = 8
QUERY = {"query": "how are releases rolled back"}
# The way that asks second is asked the same.
WAYS = 2


def signed(store: ParameterStore) -> dict[str, str]:
    """Where SSM is, and with what it is asked."""
    return {
        "AWS_ENDPOINT_URL_SSM": store.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }


@pytest.fixture
def scripted() -> Iterator[tuple[ScriptedServer, ScriptedServer, Mapping[str, str]]]:
    """Supabase, OpenAI, and the variables of a deployment that asks them."""
    with (
        ScriptedServer(postgrest) as supabase,
        ScriptedServer(openai) as models,
        ParameterStore(Parameters().values, certificate=None) as store,
    ):
        yield (
            supabase,
            models,
            {
                "AOMA_BACKEND": "supabase",
                "SUPABASE_URL": supabase.url,
                "MESH_SECRETS": json.dumps(
                    {
                        "SUPABASE_KEY": "/mesh/test/supabase-key",
                        "SUPABASE_TOKEN": "/mesh/test/supabase-token",
                        "OPENAI_API_KEY": "/mesh/test/openai-api-key",
                    }
                ),
                "OPENAI_BASE_URL": f"{models.url}/v1",
                "AOMA_EMBEDDING_DIMENSIONS": "3",
                "AOMA_ANSWER_MODEL": "gpt-test",
                "AOMA_VECTOR_STORE_ID": "vs_1",
                "MESH_DEADLINE_SECONDS": str(SECONDS),
                **signed(store),
            },
        )


def check_faults(found: Compared, faults: list[Fault], asked: int) -> None:
    """See that each call but the first failed alike on both ways, having asked as often as told.

    Args:
        found: What came of the calls.
        faults: Of each.
        asked: How many requests the service got.
    """
    assert found.different == []
    assert found.served == set(range(1 + len(faults)))
    assert asked == WAYS * sum(one.requests for one in faults)
    for number in range(1, 1 + len(faults)):
        lines = found.logged[number]
        assert ["outcome", "tool_error"] in lines[-1][-1]
        assert ["fastmcp.server.server", "ERROR"] in [line[:2] for line in lines]
    assert not [canary for canary in CANARIES if canary in json.dumps(dict(found.logged))]


def scripted_faults(server: ScriptedServer, faults: Mapping[str, Fault], path: str) -> list[Fault]:
    """Have the server fail for each call in turn, on both ways."""
    ordered = list(faults.values())
    for one in ordered:
        server.next(*[one.behaviour] * (one.requests * WAYS), path=path)
    return ordered


def test_every_fault_of_supabase_is_told_alike_and_asked_for_as_often(
    project: Path, index: Path, tmp_path: Path, scripted
):
    supabase, _, variables = scripted
    faults = scripted_faults(supabase, SUPABASE, "mesh_search_tickets")
    # The first imports the clients.
    events = [call("search_knowledge", {**QUERY, "mode": "keyword"}, "/rpc")]
    search = call("search_jira_tickets", {**QUERY, "mode": "keyword"}, "/rpc")
    found = compare(project, index, tmp_path, [*events, *[search] * len(faults)], **variables)
    check_faults(found, faults, len(supabase.asked("mesh_search_tickets")))


def test_every_fault_of_openai_is_told_alike_and_asked_for_as_often(
    project: Path, index: Path, tmp_path: Path, scripted
):
    _, models, variables = scripted
    faults = scripted_faults(models, OPENAI, "/embeddings")
    search = call("search_jira_tickets", {**QUERY, "mode": "semantic"}, "/rpc")
    first = call("search_knowledge", {**QUERY, "mode": "keyword"}, "/rpc")
    found = compare(project, index, tmp_path, [first, *[search] * len(faults)], **variables)
    check_faults(found, faults, len(models.asked("/embeddings")))


def test_every_tool_answers_alike_in_both_eras(
    project: Path, index: Path, tmp_path: Path, scripted
):
    supabase, models, variables = scripted
    # Of four sources one is down: the answer names it.
    supabase.next(*[SUPABASE["500"].behaviour] * (3 * WAYS), path="mesh_search_commits")
    supabase.next(*[SUPABASE["500"].behaviour] * (3 * WAYS), path="mesh_search_code")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("search_knowledge", QUERY),
        ("query_aoma_knowledge", QUERY),
        ("search_jira_tickets", QUERY),
        ("get_jira_ticket", {"key": "AOMA-7"}),
        ("get_jira_ticket_count", {}),
        ("analyze_development_context", {"current_task": "keep proxies"}),
        ("get_system_health", {"include_metrics": False}),
        ("search_git_commits", {**QUERY, "date_from": "yesterday"}),
        ("search_knowledge", {"query": "the of and", "mode": "keyword"}),
    ]
    events = [one for tool, arguments in calls for one in in_all_ways(tool, arguments)]
    found = compare(project, index, tmp_path, events, **variables)
    assert found.different == []
    assert found.served == set(range(len(events)))
    # Each answer was paid for once by each way.
    assert len(models.asked("/responses")) == WAYS * 3 * 2


def test_a_real_database_is_asked_alike(project: Path, index: Path, tmp_path: Path):
    with services(with_supabase=True) as beside:
        if beside.supabase is None:
            pytest.skip(beside.missing or "no Supabase here")
        own = {**beside.supabase, **signed(beside.plain_store)}
        variables: dict[str, Any] = {**own, "AOMA_BACKEND": "supabase"}
        events = [
            one
            for mode in ("hybrid", "semantic", "keyword")
            for one in in_all_ways("search_knowledge", {**QUERY, "mode": mode})
        ]
        events += in_all_ways("query_aoma_knowledge", QUERY)
        reads: list[tuple[str, dict[str, Any]]] = [
            ("resources/list", {}),
            ("resources/read", {"uri": f"aoma://docs/{min(TEXTS)}"}),
        ]
        events += [asked(*one, kind) for one in reads for kind in ("/mcp", "/mcp modern")]
        events += in_all_ways("get_jira_ticket", {"key": "NONE-1"})
        events += in_all_ways("analyze_development_context", {"current_task": "roll back"})
        found = compare(project, index, tmp_path, events, **variables)
    assert found.different == []
    assert found.served == set(range(len(events)))
