"""FastMCP serves from the pruned, source-less bundle alone."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh.build import BuildResult
from mesh.build.bundle import exclusions
from mesh.build.environment import ROOT
from mesh.build.limits import MEBIBYTE


@pytest.fixture(scope="module")
def served(run_clean: Callable[..., subprocess.CompletedProcess[str]]) -> dict[str, Any]:
    done = run_clean(Path(__file__).with_name("serving.py"))
    assert done.returncode == 0, done.stderr
    # FastMCP logs the broken tool's traceback; logging it must not need what was pruned.
    assert "Logging error" not in done.stderr
    assert "broken on purpose" in done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def answer(served: dict[str, Any], number: int) -> Any:
    assert served["answers"][number]["status"] == 200
    return served["answers"][number]["result"]


def test_initialize_and_the_catalogue_are_answered(served: dict[str, Any]) -> None:
    assert answer(served, 0)["serverInfo"]["name"] == "bundle"
    tools = {tool["name"]: tool for tool in answer(served, 1)["tools"]}
    assert tools["search"]["outputSchema"]["type"] == "object"
    assert tools["search"]["description"] == "Find passages."


def test_tool_calls_are_answered(served: dict[str, Any]) -> None:
    found = answer(served, 2)
    assert found["structuredContent"] == {"result": [{"title": "whale", "score": 1.0}]}
    assert answer(served, 4)["structuredContent"] == {"request": True}


def test_wrong_arguments_and_failing_tools_are_tool_errors(served: dict[str, Any]) -> None:
    assert answer(served, 3)["isError"]
    assert answer(served, 5)["isError"]


def test_resources_and_prompts_are_answered(served: dict[str, Any]) -> None:
    assert answer(served, 6)["contents"][0]["text"] == "a"
    assert answer(served, 7)["messages"][0]["content"]["text"] == "What is b?"


def test_access_control_works(served: dict[str, Any]) -> None:
    assert served["without_token"] == 401
    assert served["token"] is True
    assert served["oauth"] == "OAuthProxy"


def test_pruned_distributions_are_those_that_the_lock_holds() -> None:
    lock = (ROOT / "requirements" / "lambda.txt").read_text()
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))

    assert set(exclusions.DISTRIBUTIONS) <= locked


@pytest.mark.parametrize("architecture", ["arm64", "x86_64"])
def test_zip_with_every_dependency_stays_small(
    real: Callable[[str], BuildResult], architecture: str
) -> None:
    result = real(architecture)

    assert result.zip_bytes < 25 * MEBIBYTE
    assert result.unzipped_bytes < 80 * MEBIBYTE


def test_managed_runtime_packages_stay_out(real: Callable[[str], BuildResult]) -> None:
    names = {package.name for package in real("host").packages}

    assert not names & {"boto3", "botocore", "awslambdaric"}
    assert {"fastmcp", "mcp", "pydantic", "mangum", "mesh", "aoma-mesh", "knowledge"} <= names
