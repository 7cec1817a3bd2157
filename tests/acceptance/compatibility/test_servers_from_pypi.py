"""Two servers that others wrote, from the package index: a quick part of `make compatibility`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.compatibility.cases import Case, cases
from tests.compatibility.trial import trial

# Arguments in a Pydantic model, and a resource; parameters that `Field` describes.
NAMES = ("better-mcps-filesystem", "casual-mcp-server-time")
CHOSEN = [case for case in cases() if case.name in NAMES]


@pytest.mark.parametrize("case", CHOSEN, ids=lambda case: case.name)
def test_a_server_from_the_package_index_answers_as_fastmcp_does(
    tmp_path: Path, case: Case
) -> None:
    # One set of packages, so that they are compiled once.
    both = replace(case, requirements=tuple(one.package for one in CHOSEN if one is not case))

    result = trial(both, tmp_path)

    assert result.is_expected, result
    assert result.calls > result.tools
    # Its modules are in a package, and still FastMCP need not start.
    assert len(result.fast) == result.tools
