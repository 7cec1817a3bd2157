"""What the conformance suite sends is answered alike, with the suite's fixtures in both ways."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from tests.fixtures.conformance.deployed import project_with_fixtures
from tests.fixtures.conformance.suite import RUNS
from tests.local.runtime.fast_path.copies import Compared, built, compare
from tests.local.runtime.fast_path.pair import event

REQUESTS = ROOT / "tests" / "fixtures" / "conformance" / "requests"
# What the fast path must have answered, or else FastMCP would be compared with itself.
SERVED = {
    "released": {"initialize", "notifications/initialized", "ping", "tools/list", "prompts/list"},
    "2025-11-25": {"initialize", "notifications/initialized", "ping", "tools/list", "prompts/list"},
    "2026-07-28": {"server/discover", "tools/list", "prompts/list", "resources/templates/list"},
}


def recorded(run: str) -> list[dict[str, Any]]:
    """The events of a run's requests."""
    return [
        event(one["method"], one["path"], one.get("body"), one["headers"])
        for one in json.loads((REQUESTS / f"{run}.json").read_text())["requests"]
    ]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, index: Path) -> dict[str, Compared]:
    """What came of each run's requests, sent to both ways."""
    folder = tmp_path_factory.mktemp("conformance-requests")
    root = project_with_fixtures(folder / "project")
    built(root, folder / "cache")
    return {run: compare(root, index, folder / run, recorded(run)) for run in RUNS}


@pytest.mark.parametrize("run", RUNS)
def test_a_run_of_the_suite_is_answered_alike_by_both_ways(compared, run: str):
    events, found = recorded(run), compared[run]
    assert found.different == []
    methods = Counter(
        json.loads(events[number]["body"])["method"]
        for number in found.served
        if events[number]["body"]
    )
    assert SERVED[run] <= methods.keys(), methods


def test_the_requests_of_every_run_are_recorded_without_address_or_credential():
    assert {file.stem for file in REQUESTS.glob("*.json")} == RUNS.keys()
    for file in REQUESTS.glob("*.json"):
        for request in json.loads(file.read_text())["requests"]:
            assert not request["headers"].keys() & {"authorization", "x-api-key", "cookie"}
            assert request["headers"].get("host") in {None, "evil.example.com"}
            assert request["headers"].get("origin") in {
                *(None, "http://127.0.0.1", "http://evil.example.com")
            }
