"""A tool that would end the process is a tool error, on both ways and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import all_in_all_ways

TOOLS = """
from __future__ import annotations
import logging
import sys
from fastmcp.tools import tool

logger = logging.getLogger(__name__)

class Odd(BaseException):
    pass

@tool
def leaves() -> str:
    logger.warning("leaves")
    sys.exit(3)

@tool
async def leaves_later() -> str:
    logger.warning("leaves_later")
    raise SystemExit

@tool
def raises_what_is_no_exception() -> str:
    logger.warning("raises_what_is_no_exception")
    raise Odd("secret")

@tool
def nests_without_end() -> list:
    logger.warning("nests_without_end")
    made = []
    for _ in range(100_000):
        made = [made]
    return made
"""
CALLS: dict[str, list[dict[str, Any]]] = {
    "leaves": [{}],
    "leaves_later": [{}],
    "raises_what_is_no_exception": [{}],
}


def project_of(tmp_path: Path, source: str) -> Path:
    project = project_with(tmp_path, source)
    built(project, tmp_path / "cache")
    return project


def test_an_exit_is_a_tool_error_on_both_ways(tmp_path: Path, index: Path) -> None:
    project = project_of(tmp_path, TOOLS)
    asked = all_in_all_ways(CALLS)
    # Once more: the instance is still there.
    events = [one for _, one in asked] * 2
    found = compare(project, index, tmp_path / "run", events)
    assert found.different == []
    assert found.served == set(range(len(events)))
    for number, lines in found.logged.items():
        called = [line[:3] for line in lines if line[0] == "mcp_app.tools.more"]
        assert called == [["mcp_app.tools.more", "WARNING", asked[number % len(asked)][0]]]


def test_whatever_a_result_does_to_its_writer_the_tool_is_called_once(
    tmp_path: Path, index: Path
) -> None:
    project = project_of(tmp_path, TOOLS)
    events = [one for _, one in all_in_all_ways({"nests_without_end": [{}]})]
    found = compare(project, index, tmp_path / "run", events)
    assert {*found.reasons.values()} <= {"result", "error"}
    for lines in found.logged.values():
        assert sum(line[0] == "mcp_app.tools.more" for line in lines) == 1
