import asyncio
import gc
import logging
import resource
import sys

import pytest

LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
# getrusage counts kibibytes, on macOS bytes.
RSS_UNITS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


def test_hundreds_of_invocations_leave_memory_flat(client):
    def requests(count):
        for _ in range(count):
            assert client.request("POST", "/mcp", LIST).status == 200
        gc.collect()
        return len(gc.get_objects()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    objects_before, peak_before = requests(100)
    objects_after, peak_after = requests(400)
    # One object kept for each request would be 400; one response, over 4 MB.
    assert objects_after - objects_before < 200
    assert (peak_after - peak_before) / RSS_UNITS_PER_MB < 3


def test_a_tool_that_took_the_loop_away_does_not_break_the_next_request(client):
    async def nothing():
        pass

    asyncio.run(nothing())
    assert client.request("POST", "/mcp", LIST).status == 200


@pytest.fixture
def failing(client, monkeypatch):
    def raises(*_arguments, **_more):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("mesh.runtime.endpoint.rpc.json.loads", raises)
    return client


def test_an_unexpected_error_reaches_the_log_and_not_the_client(failing, caplog):
    reply = failing.request("POST", "/rpc", {"method": "ping"})
    assert reply.status == 500
    assert "hunter2" not in reply.text
    assert "Traceback" not in reply.text
    assert "hunter2" in caplog.text


def test_one_line_is_logged_for_each_request(client, caplog):
    with caplog.at_level(logging.INFO, "mesh.request"):
        client.request("POST", "/rpc", {"method": "ping", "params": {"canary": "s3cret"}})
    (record,) = [record for record in caplog.records if record.name == "mesh.request"]
    assert record.fields["path"] == "/rpc"
    assert record.fields["caller"] == "key:tests"
    assert record.fields["status"] == 200
    assert "s3cret" not in str(record.__dict__)
