"""How the official conformance suite is run against a server."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests import node

HERE = Path(__file__).parent
SECONDS = 180
# By name: the package, and what it is asked to run.
RUNS = {
    "released": ("conformance", ()),
    "2025-11-25": ("conformance-next", ("--requirements", "2025-11-25")),
    "2026-07-28": ("conformance-next", ("--requirements", "2026-07-28")),
}


def run(name: str, mcp_url: str) -> subprocess.CompletedProcess[str]:
    """Run it; the status is 0 where no more and no less fails than `expected-<name>.yml` says.

    Args:
        name: one of `RUNS`.
        mcp_url: the address of `/mcp`.
    """
    package, options = RUNS[name]
    return subprocess.run(
        [
            *(node.node(), str(node.MODULES / package / "dist" / "index.js"), "server"),
            *("--url", mcp_url, *options),
            *("--expected-failures", str(HERE / f"expected-{name}.yml")),
        ],
        env=node.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
