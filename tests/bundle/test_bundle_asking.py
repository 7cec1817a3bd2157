"""Supabase and OpenAI are asked from the pruned, source-less bundle alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.supabase_backend.scripted import Reply, ScriptedServer
from tests.supabase_backend.usual import Parameters, openai, postgrest


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
