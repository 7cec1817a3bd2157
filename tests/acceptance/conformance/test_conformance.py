"""The official conformance suite, through the Function URL, in both eras of the protocol.

https://github.com/modelcontextprotocol/conformance: its released line, and the alpha line that
knows what each revision requires. `expected-*.yml` lists the failures that are
expected, each with its reason. The test fails if one of them passes.
"""

from __future__ import annotations

import re

import pytest

from tests.fixtures.conformance import suite

LATEST = "2026-07-28"
EARLIER = [run for run in suite.RUNS if run != LATEST]
CONFORMS = pytest.mark.promise("the official conformance suite passes")
# Scenarios that have to be in a run, so that an empty one is no success.
LEAST = {"released": 30, "2025-11-25": 33, "2026-07-28": 50}


@pytest.mark.parametrize("mode", ["BUFFERED", "RESPONSE_STREAM"])
@pytest.mark.parametrize("run", [*EARLIER, pytest.param(LATEST, marks=CONFORMS)])
def test_the_suite_passes_but_for_what_is_expected(urls, run, mode):
    done = suite.run(run, f"{urls[mode]}mcp")
    summary = done.stdout.partition("=== SUMMARY ===")[2]
    assert done.returncode == 0, summary + done.stderr
    assert len(re.findall(r"^[✓✗] ", summary, re.MULTILINE)) >= LEAST[run], done.stdout
