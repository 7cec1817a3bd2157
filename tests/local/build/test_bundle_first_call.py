"""What an instance imports for its first call: a cold start pays for all of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("tool", "arguments", "expected"),
    [
        ("search_knowledge", {"query": "cold start"}, {"mode": "keyword"}),
        ("query_aoma_knowledge", {"query": "cold start"}, {"strategy": "focused"}),
        ("search_code_files", {"query": "cold start"}, {"mode": "keyword"}),
        ("search_git_commits", {"query": "cold start"}, {"mode": "keyword"}),
        ("get_system_health", {}, {"status": "healthy"}),
    ],
)
def test_a_first_call_imports_nothing_heavy(
    run_clean: Callable[..., subprocess.CompletedProcess[str]],
    tool: str,
    arguments: dict[str, str],
    expected: dict[str, str | None],
) -> None:
    script = Path(__file__).with_name("first_call.py")

    done = run_clean(script, tool, json.dumps(arguments))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert expected.items() <= found["result"]["structuredContent"].items()
    assert found["heavy"] == []
