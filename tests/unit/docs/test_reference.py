"""The reference is what the code says: generated pages are fresh, and written ones complete."""

from __future__ import annotations

import json
import re
from difflib import unified_diff
from typing import Any

from fastmcp import FastMCP
from starlette.routing import Route

from mesh.build.environment import ROOT
from mesh.cli import command_line
from mesh.reference import pages
from mesh.runtime.access.access_control import DISCOVERY_PATHS
from mesh.runtime.config.settings import load
from mesh.runtime.fast_path.front import ROUTES
from mesh.runtime.http.app import build_app
from mesh.runtime.observability import metrics
from mesh.runtime.observability.access_log import request_fields
from mesh.runtime.observability.metrics import ToolMetrics
from mesh.settings.settings import KEYS
from tests.fixtures.documented import routes

REFERENCE = ROOT / "docs" / "reference"


def first_cells(page: str, heading: str) -> set[str]:
    """The names in the first column of the table below a heading."""
    section = (REFERENCE / page).read_text("utf-8").partition(heading)[2]
    table = re.search(r"^\|.*?(?=\n\n|\Z)", section, re.DOTALL | re.MULTILINE)
    assert table is not None
    cells = [row.split("|")[1] for row in table[0].splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_generated_pages_are_fresh() -> None:
    made = pages(command_line)

    changes = [
        line
        for file, text in made.items()
        for line in unified_diff(
            file.read_text("utf-8").splitlines(), text.splitlines(), file.name, "made now", n=0
        )
    ]

    assert len(made) == 12
    assert changes == [], "run `make docs`"


def test_every_setting_is_documented() -> None:
    assert first_cells("settings.md", "# Settings") == set(KEYS)


def test_every_log_field_is_documented() -> None:
    call = {"rpc_method": "tools/call", "tool": "x", "tool_duration_ms": 1.0, "outcome": "ok"}
    told: dict[str, Any] = {
        "method": "POST",
        "path": "/mcp",
        "status": 200,
        "duration_seconds": 0.1,
        "caller": "key:me",
        "cold": True,
        "request_id": "id",
        "trace_id": "id",
        "metrics": None,
        "way": "full",
        "reason": "tool",
    }
    logged = {
        name for calls in ([call], [call, call]) for name in request_fields(**told, calls=calls)
    }
    of_every_line = {"time", "level", "logger", "message", "exception"}

    assert first_cells("log.md", "## Fields") == logged | of_every_line


def test_every_metric_is_documented() -> None:
    written = json.dumps(
        [metrics.WAYS, metrics.TOOLS, metrics.WATCHED_REQUESTS, metrics.WATCHED_CALLS]
    )
    named = set(re.findall(r'"Name": "(\w+)"', written))

    assert first_cells("log.md", "## Metrics") == named
    call = {"tool": "x", "tool_duration_ms": 1.0, "outcome": "ok"}
    assert named < ToolMetrics("space", "test").fields(call, "fast", alias="live").keys()


def test_every_route_is_documented_and_known_to_the_fast_path() -> None:
    settings = load({"MESH_OAUTH_ISSUER": "https://login.example.com", "MESH_AUTH": "oauth"})
    app = build_app(FastMCP("Empty"), settings, None)

    served = {route.path for route in app.routes if isinstance(route, Route)}

    documented = {path for _, path in routes()}
    # The same with another ending: for clients that add a slash, and for the resource `/mcp`.
    same = {"/mcp/", *(path for path in served if path.startswith("/.well-known/"))}
    assert documented - same == served - same
    # What the front does not know gets its 404 without FastMCP.
    well_known = {path for path in served if path.startswith("/.well-known/")}
    assert served - well_known - set(DISCOVERY_PATHS) == ROUTES
    assert documented & same
