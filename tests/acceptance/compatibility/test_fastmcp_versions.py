"""The versions of FastMCP that a server may ask for: Mesh answers as each of them does alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mesh.build.bundle.dependencies import MESH_LOCK, pins
from mesh.build.environment import ROOT
from mesh.build.fast_path import catalogues
from mesh.packages.lock_file import supported_fastmcp
from tests.compatibility.cases import Case
from tests.compatibility.trial import trial

SERVERS = ROOT / "tests" / "local" / "any_server" / "servers"
CALLS: dict[str, Any] = json.loads(SERVERS.with_name("calls.json").read_text())
# The first and the last release of each minor version, as of November 2026. MESH_FASTMCP names
# another one to try.
VERSIONS = os.environ.get("MESH_FASTMCP", "4.0.0 4.0.11 4.1.0 4.1.7 4.2.3").split()
# Mesh's own version is in test_both_ways.py.
COMPARED = sorted(catalogues.COMPARED["fastmcp"] - {pins(MESH_LOCK)["fastmcp"]})


def case(folder: str, version: str, *calls: Any) -> Case:
    """A server of these tests, whose author asks for a version of FastMCP."""
    server = CALLS.get(folder, {}).get("object", "")
    return Case(
        folder,
        example=folder,
        server=server and f"server:{server}",
        requirements=(f"fastmcp=={version}",),
        calls=tuple((name, arguments) for name, arguments in calls),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_runs_with_the_version_that_it_asks_for(tmp_path: Path, version: str) -> None:
    calls = (("hello", {"name": "Ada"}), ("add", {"numbers": [1, 2.5]}))

    result = trial(case("hello", version, *calls), tmp_path, ROOT / "examples")

    assert not result.refused
    assert result.differences == ()
    (lock,) = (tmp_path / "server" / ".mesh").glob("requirements-*.txt")
    assert pins(lock)["fastmcp"] == version
    assert supported_fastmcp().contains(version)
    assert result.calls > result.tools > 0
    if version in catalogues.COMPARED["fastmcp"]:
        assert len(result.fast) == result.tools
    else:
        assert result.fast == ()
        assert all("Mesh's tests compare" in why for why in (result.slow or {}).values())


@pytest.mark.parametrize("version", COMPARED)
@pytest.mark.parametrize("name", CALLS)
def test_the_fast_path_answers_as_each_compared_version_does(
    tmp_path: Path, name: str, version: str
) -> None:
    told = CALLS[name]

    result = trial(case(told.get("folder", name), version, *told["calls"]), tmp_path, SERVERS)

    assert not result.refused
    assert result.differences == ()
    assert list(result.fast) == told["fast"]


def test_the_versions_that_mesh_locks_are_compared() -> None:
    own = pins(MESH_LOCK)
    assert all(own[name] in versions for name, versions in catalogues.COMPARED.items())
    assert supported_fastmcp().contains(own["fastmcp"])
