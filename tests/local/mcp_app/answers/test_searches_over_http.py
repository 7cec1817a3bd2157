"""Searches and states of the sources: real PostgreSQL and PostgREST, and HTTP in between."""

from __future__ import annotations

import pytest

from aoma.local_supabase.http.faults import Fault
from tests.local.mcp_app.answers.services import FUNCTIONS


@pytest.mark.parametrize("mode", ["keyword", "semantic", "hybrid"])
@pytest.mark.parametrize(
    "tool", ["search_knowledge", "search_jira_tickets", "search_git_commits", "search_code_files"]
)
def test_every_search_says_what_its_scores_are(client, tool, mode) -> None:
    found = client.call(
        tool, query="verify checksum mismatch", mode=mode, threshold=0.1, detail="full"
    )
    kind = {
        "keyword": "text_rank",
        "semantic": "cosine_similarity",
        "hybrid": "reciprocal_rank_fusion",
    }[mode]
    assert found["hits"]
    assert found["mode"] == mode
    assert {hit["score_kind"] for hit in found["hits"]} == {kind}
    for hit in found["hits"]:
        assert ("coverage" not in hit) == (mode == "semantic") or mode == "hybrid"


def test_tickets_are_read_counted_and_missed_by_name(client) -> None:
    assert client.call("get_jira_ticket", key="aoma-2")["status"] == "Done"
    count = client.call("get_jira_ticket_count", status=["DONE"])
    assert (count["total"], count["by_priority"]) == (1, [{"value": "Low", "count": 1}])
    params = {"name": "get_jira_ticket", "arguments": {"key": "AOMA-404"}}
    result = client.rpc("tools/call", params)["result"]
    assert result["isError"] is True
    assert "there is no ticket AOMA-404" in result["content"][0]["text"]


def test_capabilities_and_health_tell_of_every_source_and_model(client) -> None:
    capabilities = client.call("get_server_capabilities")
    assert capabilities["backend"] == "supabase"
    assert capabilities["modes"] == ["hybrid", "semantic", "keyword"]
    assert capabilities["answer_model"] == "gpt-test"
    assert capabilities["embedding_model"] == "text-embedding-3-small"
    entries = {one["source"]: one.get("entries") for one in capabilities["sources"]}
    assert {name: entries[name] for name in FUNCTIONS} == {
        "documents": 2,
        "tickets": 2,
        "commits": 1,
        "code": 1,
    }
    health = client.call("get_system_health", includeDiagnostics=True)
    assert health["status"] == "healthy"
    assert "index_bytes" not in health["diagnostics"]


def test_health_is_degraded_without_openai_and_unhealthy_without_the_database(
    client, project, openai_server
) -> None:
    openai_server.faults.add(Fault.error(500), times=None)
    assert client.call("get_system_health")["status"] == "degraded"
    project.faults.add(Fault.error(500), times=None)
    health = client.call("get_system_health")
    assert health["status"] == "unhealthy"
    assert all(source["error"] for source in health["sources"] if source["status"] == "down")
    openai_server.faults.clear()
    assert client.call("get_system_health")["status"] == "unhealthy"


@pytest.mark.parametrize(
    "value", ["check\x00sum", "'; drop table mesh_tickets; --", "a,b).or(key.eq.1", "%", "\\", "🚀"]
)
def test_whatever_is_asked_reaches_the_database_as_data(client, value) -> None:
    for tool in ("search_knowledge", "search_jira_tickets", "search_code_files"):
        client.call(tool, query=value)
    client.call("search_git_commits", query=value, author=[value], repository=[value])
    client.call("search_jira_tickets", query=value, status=[value], priority=[value])
    client.call("search_code_files", query=value, language=[value], file_extension=[value])
    client.call("get_jira_ticket_count", status=[value])
    assert client.call("get_jira_ticket_count")["total"] == 2


@pytest.mark.parametrize(
    "filters",
    [
        {"date_from": "0001-01-01", "date_to": "9999-12-31"},
        {"date_from": "2026-01-31T10:00:00+14:00", "date_to": "20260131"},
        {"date_to": "2026-W05-6"},
        {"file_pattern": "**/*.py"},
        {"file_pattern": "*[!a].py"},
        {"file_pattern": "docs/"},
        {"author": ["ada"], "repository": ["VAULT"]},
    ],
)
def test_filters_at_their_limits_find_the_commit(client, filters) -> None:
    found = client.call("search_git_commits", query="quarantine assets", **filters)
    assert [hit["author"] for hit in found["hits"]] == ["Ada Byron"]


@pytest.mark.parametrize(
    "filters",
    [
        {"file_pattern": "["},
        {"file_pattern": "(.*"},
        {"file_pattern": "a{1,9999}"},
        {"author": ["%"]},
        {"author": ["_"]},
        {"repository": ["vault%"]},
    ],
)
def test_signs_of_sql_and_of_patterns_are_only_signs(client, filters) -> None:
    found = client.call("search_git_commits", query="quarantine assets", **filters)
    assert found["hits"] == []
    assert found["reason"]
