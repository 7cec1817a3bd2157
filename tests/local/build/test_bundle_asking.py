"""Supabase and OpenAI are asked from the pruned, source-less bundle alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.starts.parameter_store import ParameterStore
from tests.local.mcp_app.supabase_backend.scripted import Reply, ScriptedServer
from tests.local.mcp_app.supabase_backend.usual import Parameters, openai, postgrest


def test_everything_that_the_supabase_backend_asks_is_in_the_zip(
    run_clean: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    parameters = json.dumps(Parameters().values)
    script = Path(__file__).with_name("asking.py")
    with ScriptedServer(postgrest) as supabase, ScriptedServer(openai) as models:
        supabase.next(Reply(500, {"code": "XX000"}), path="mesh_search_commits")
        done = run_clean(script, supabase.url, models.url, parameters)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert {hit["source"] for hit in found["passages"]} == {"documents", "vector_store"}
    assert (found["tickets"], found["ticket"], found["count"]) == (["AOMA-7"], "AOMA-7", 0)
    assert found["text"] == "Ninety days [1]."
    assert set(found["states"].values()) == {"ok"}
    assert "Supabase answered 500" in found["failure"]


@pytest.mark.parametrize(
    ("preload", "in_init"),
    [("", []), ("mcp_app.preload", ["openai", "postgrest", "httpx", "pydantic"])],
)
def test_a_search_needs_no_fastmcp_and_leaves_its_connections_to_it(
    run_clean: Callable[..., subprocess.CompletedProcess[str]], preload: str, in_init: list[str]
) -> None:
    script = Path(__file__).with_name("searching.py")
    values = Parameters().values
    with (
        ScriptedServer(postgrest) as supabase,
        ScriptedServer(openai) as models,
        ParameterStore(values, certificate=None) as store,
    ):
        supabase.next(Reply(500, {"code": "XX000"}), path="mesh_search_tickets")
        variables = {
            "MESH_AUTH": "none",
            "MESH_PRELOAD": preload,
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
            "AWS_ENDPOINT_URL_SSM": store.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        done = run_clean(script, json.dumps(variables))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    failure = found["failed"]["result"]
    assert failure["isError"]
    assert "Supabase answered 500" in failure["content"][0]["text"]
    hits = [found[name]["result"]["structuredContent"]["hits"] for name in ("found", "again")]
    assert [hit["id"] for hit in hits[0]] == ["AOMA-7"]
    assert hits[0] == hits[1]
    assert found["in INIT"] == in_init
    assert found["before"] == []
    assert found["ready"]["status"] == "ok"
    assert {"fastmcp", "mcp", "starlette"} <= set(found["after"])
    assert found["by FastMCP"]["result"]["structuredContent"]["hits"] == hits[0]
    assert found["one backend"]
    # Once by each of four calls: one failed, and was not repeated.
    assert len(supabase.asked("mesh_search_tickets")) == 4
