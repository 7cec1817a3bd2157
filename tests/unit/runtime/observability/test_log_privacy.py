import logging

import pytest

from mesh.runtime.observability.logs import JsonLines

CANARY = "canary-7c1e"
CALLS = [
    ("search_knowledge", {"query": CANARY, "max_results": 99}),
    ("search_knowledge", {"query": CANARY, CANARY: CANARY}),
    ("search_git_commits", {"query": "x", "date_from": CANARY}),
    ("query_aoma_knowledge", {"query": "x", "strategy": CANARY}),
    ("search_knowledge", {"query": CANARY}),
    (CANARY, {}),
]


@pytest.mark.parametrize(("tool", "arguments"), CALLS)
@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_no_argument_reaches_the_log(client, caplog, tool, arguments, path):
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments},
    }
    with caplog.at_level(logging.INFO):
        client.request("POST", path, message)
    names = {record.name for record in caplog.records}
    assert "mesh.request" in names
    lines = [JsonLines().format(record) for record in caplog.records]
    assert not [line for line in lines if CANARY in line]


@pytest.mark.parametrize("method", ["mesh_" + "s" * 43, "A" * 50_000, "A B" * 20_000])
def test_a_made_up_method_is_no_long_line_and_tells_no_secret(stranger, caplog, method):
    with caplog.at_level(logging.INFO):
        assert stranger.request(method, "/mcp").status == 401
    line = JsonLines().format(next(one for one in caplog.records if one.name == "mesh.request"))
    assert len(line) < 1000
    assert "s" * 27 not in line
