"""Real MCP clients through the Function URL: connect, list, call, read, get, and be refused."""

from __future__ import annotations

import json
import re

import pytest

from tests.clients.protocol_server import protocol_server
from tests.clients.real_clients import SESSIONS, Seen


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with protocol_server(tmp_path_factory.mktemp("protocol")) as deployed:
        yield deployed


def check(seen: Seen) -> None:
    """The same for every client."""
    assert {"search_knowledge", "get_system_health"} <= set(seen["tools"])
    assert json.loads(seen["found"])["hits"]
    assert json.loads(seen["resource"])["status"] == "healthy"
    assert seen["prompt"].startswith("Triage an incident of high severity.")
    # The tool's own words reach whoever called it.
    assert re.search("query|max_results", seen["refused"])
    assert seen["unknown"] in {-32002, -32602}


@pytest.mark.parametrize("name", SESSIONS)
def test_a_client_can_do_all_it_came_for(server, name):
    session, protocol = SESSIONS[name]
    seen = session(server.mcp_url, server.key)
    check(seen)
    if protocol is not None:
        assert seen["protocol"] == protocol
        assert seen["unknown"] == (-32602 if protocol == "2026-07-28" else -32002)
