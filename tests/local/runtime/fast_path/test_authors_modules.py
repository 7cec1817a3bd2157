"""Modules as authors write them: both ways answer alike, and every side effect happens once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local.runtime.fast_path.copies import ALL, built, compare, project_with
from tests.local.runtime.fast_path.requests import call

CASES: dict[str, Any] = json.loads(Path(__file__).with_name("authors_modules.json").read_text())
# Those whose calls FastMCP has to answer, or to write.
FULL = {name for name, case in CASES.items() if case.get("full")}


def files_of(names: set[str]) -> dict[str, str]:
    made = {}
    for name in sorted(names):
        made[f"mcp_app/tools/case_{name}.py"] = CASES[name]["source"]
        made |= CASES[name].get("files", {})
    return made


@pytest.mark.parametrize("names", [CASES.keys() - FULL, FULL], ids=["fast", "with FastMCP"])
def test_both_ways_answer_alike(tmp_path: Path, index: Path, names: set[str]) -> None:
    root = project_with(tmp_path, files_of(names))
    built(root, tmp_path / "cache")
    asked = [(name, one) for name in sorted(names) for one in CASES[name]["calls"]]
    events = [call(tool, arguments, "/mcp") for _, (tool, arguments) in asked]
    for streams in (False, True):
        found = compare(root, index, tmp_path / f"run-{streams}", events, streams=streams)
        assert found.different == []
        assert "error" not in found.reasons.values()
        full = {asked[number][0] for number in found.reasons}
        assert full == (FULL if names == FULL else set())
    assert ALL
