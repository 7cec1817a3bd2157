"""Real MCP clients through the Function URL: connect, list, call, read, get, and be refused."""

from __future__ import annotations

import pytest

from tests.fixtures.clients.protocol_server import DOCUMENTS, protocol_server
from tests.fixtures.clients.real_clients import SESSIONS, check


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with protocol_server(tmp_path_factory.mktemp("protocol")) as deployed:
        yield deployed


# The generation before needs an environment of its own, which takes most of a minute to install.
BEFORE = {"python-sdk-1", "fastmcp-3"}
TODAY = pytest.mark.promise("real MCP clients call it")


@pytest.mark.parametrize(
    "name", [name if name in BEFORE else pytest.param(name, marks=TODAY) for name in SESSIONS]
)
def test_a_client_can_do_all_it_came_for(server, name):
    session, protocol = SESSIONS[name]
    seen = session(server.mcp_url, server.key)
    check(seen)
    if "resources" in seen:
        # Page by page, to the last.
        notes = [uri for uri in seen["resources"] if "/note-" in uri]
        assert len(notes) == DOCUMENTS
    if protocol is not None:
        assert seen["protocol"] == protocol
        assert seen["unknown"] == (-32602 if protocol == "2026-07-28" else -32002)
