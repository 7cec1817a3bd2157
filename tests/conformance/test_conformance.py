"""The official conformance suite, through the Function URL, in both eras of the protocol.

https://github.com/modelcontextprotocol/conformance: its released line, and the alpha line that
knows what each revision requires. Failures that are expected stand in `expected-*.yml`, each
with its reason; one that no longer fails fails the test.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests import node

HERE = Path(__file__).parent
SECONDS = 180
# By name: the package, and what it is asked to run.
RUNS = {
    "released": ("conformance", ()),
    "2025-11-25": ("conformance-next", ("--requirements", "2025-11-25")),
    "2026-07-28": ("conformance-next", ("--requirements", "2026-07-28")),
}
# Scenarios that have to be in a run, so that an empty one is no success.
LEAST = {"released": 30, "2025-11-25": 33, "2026-07-28": 50}


@pytest.mark.parametrize("mode", ["BUFFERED", "RESPONSE_STREAM"])
@pytest.mark.parametrize("run", RUNS)
def test_the_suite_passes_but_for_what_is_expected(deployed, run, mode):
    package, options = RUNS[run]
    expected = HERE / f"expected-{run}.yml"
    done = subprocess.run(
        [
            *(node.node(), str(node.MODULES / package / "dist" / "index.js"), "server"),
            *("--url", f"{deployed.urls[mode]}mcp", *options),
            *("--expected-failures", str(expected)),
        ],
        env=node.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    summary = done.stdout.partition("=== SUMMARY ===")[2]
    assert done.returncode == 0, summary + done.stderr
    assert len(re.findall(r"^[✓✗] ", summary, re.MULTILINE)) >= LEAST[run], done.stdout
