"""Requests answered in their own task are answered as the SDK's transports answer them."""

import json
import logging

import pytest

from tests.unit.runtime.endpoint.exchange import HANDSHAKE, LEFT, MODERN, request_of

# A tool says so to clients of protocols that know of it.
pytestmark = pytest.mark.filterwarnings("ignore:The logging capability is deprecated")

BOTH = "application/json, text/event-stream"
ACCEPTS = ["application/json", BOTH, "*/*, text/event-stream", None]
TOOLS = [
    "plain",
    "awaited",
    "refusing",
    "crashing",
    "telling",
    "asking",
    "announcing",
    "looking",
    "leaving",
]
EACH = pytest.mark.parametrize("accept", ACCEPTS)
ERAS = pytest.mark.parametrize("version", [None, "2024-11-05", HANDSHAKE, MODERN])


@EACH
@ERAS
@pytest.mark.parametrize("tool", TOOLS)
def test_a_call_is_answered_as_by_the_transport(sides, tool, version, accept):
    params = {"name": tool, "arguments": {}, "_meta": {"progressToken": "p"}}
    status, headers, body = sides.compare(*request_of(version, "tools/call", params, accept))
    assert sides.taken == [True, False]
    assert status == 200
    assert b"hunter2" not in body
    streamed = (b"content-type", b"text/event-stream") in headers
    assert body.startswith(b"event: message\r\n") is streamed
    if tool == "telling" and streamed:
        assert body.count(b"notifications/progress") == 2
        assert b"a line of the log" in body


OTHERS = [
    ("initialize", {"protocolVersion": HANDSHAKE, "capabilities": {}, "clientInfo": {}}),
    (
        "initialize",
        {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    ),
    ("ping", {}),
    ("tools/list", {}),
    ("tools/list", {"cursor": "nonsense"}),
    ("tools/call", {"name": "nobody", "arguments": {}}),
    ("tools/call", {"name": "plain", "arguments": {"text": 3, "more": 1}}),
    ("tools/call", {"arguments": {}}),
    ("tools/call", {"name": "plain", "arguments": []}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "greeting", "arguments": {"name": "Ada"}}),
    ("prompts/get", {"name": "greeting"}),
    ("resources/list", {}),
    ("resources/read", {"uri": "data://one"}),
    ("resources/read", {"uri": "data://broken"}),
    ("resources/read", {"uri": "data://nothing"}),
    ("resources/templates/list", {}),
    ("logging/setLevel", {"level": "debug"}),
    ("server/discover", {}),
    ("does/not/exist", {}),
    ("notifications/initialized", {}),
]


@pytest.mark.parametrize("accept", ["application/json", BOTH])
@ERAS
@pytest.mark.parametrize(("method", "params"), OTHERS)
def test_every_method_is_answered_as_by_the_transport(sides, method, params, version, accept):
    sides.compare(*request_of(version, method, params, accept))


@ERAS
def test_a_subscription_is_answered_as_by_the_transport(sides, version):
    # With events it would be a stream without an end.
    sides.compare(*request_of(version, "subscriptions/listen", {}, "application/json"))


MALFORMED = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    b'"ping"',
    b'{"jsonrpc":"2.0","method":"ping"}',
    b'{"jsonrpc":"2.0","id":null,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":true,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}',
    b'{"jsonrpc":"1.0","id":1,"method":"ping"}',
    b'{"id":1,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1}',
    b'{"jsonrpc":"2.0","id":1,"method":7}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":null}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","more":1}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"progressToken":true}}}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":7}}',
    b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}',
    b'{"jsonrpc":"2.0","id":1,"method":"\\ud800"}',
    b'{"jsonrpc":"2.0","id":1,"result":{}}',
    b'{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"no"}}',
    b"\xff\xfe",
    b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}',
]


@pytest.mark.parametrize("accept", ["application/json", BOTH])
@pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
@pytest.mark.parametrize("body", MALFORMED)
def test_a_body_that_is_no_request_is_answered_as_by_the_transport(sides, body, version, accept):
    _, headers = request_of(version, "ping", {}, accept)
    sides.compare(body, headers)


CHANGED = [
    ("content-type", "application/json; charset=utf-8"),
    ("content-type", "Application/JSON"),
    ("content-type", " application/json"),
    ("content-length", "5000000"),
    ("content-length", "-1"),
    ("content-length", "many"),
    ("accept", "text/event-stream"),
    ("accept", "text/*, application/*"),
    ("accept", "text/html"),
    ("mcp-protocol-version", "1999-01-01"),
    ("mcp-protocol-version", "DRAFT-2026-v1"),
    ("mcp-method", "tools/call"),
    ("mcp-method", None),
    ("mcp-name", "nobody"),
    ("mcp-session-id", "abc"),
    ("mcp-param-text", "x"),
    ("last-event-id", "7"),
]


@pytest.mark.parametrize("accept", ["application/json", BOTH])
@pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
@pytest.mark.parametrize(("name", "value"), CHANGED)
def test_unusual_headers_are_answered_as_by_the_transport(sides, name, value, version, accept):
    params = {"name": "plain", "arguments": {"text": "x"}}
    body, headers = request_of(version, "tools/call", params, accept)
    others = [pair for pair in headers if pair[0] != name]
    sides.compare(body, [*others, (name, value)])
    if value is not None:
        # Twice, and what differs from the first comes last.
        sides.compare(body, [*headers, (name, value)])


@pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
def test_progress_is_sent_while_the_tool_still_works(sides, version):
    params = {"name": "waiting", "arguments": {}, "_meta": {"progressToken": "p"}}
    sides.compare(*request_of(version, "tools/call", params, BOTH))
    assert sides.taken == [True, False]


@pytest.mark.parametrize("accept", ["application/json", BOTH])
def test_a_result_that_cannot_be_written_is_an_error_under_its_id(sides, accept):
    body, headers = request_of(HANDSHAKE, "tools/call", {"name": "unwritable"}, accept)
    status, _, answer = sides.ask(body, headers, exchange=True)
    assert status == 200
    text = answer.decode().partition("data: ")[2] if accept == BOTH else answer
    assert json.loads(text) == {
        "jsonrpc": "2.0",
        "id": "one",
        "error": {"code": -32603, "message": "Internal server error"},
    }


@pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
def test_events_are_left_to_the_transport_where_leaving_is_not_watched(sides, version):
    params = {"name": "telling", "arguments": {}}
    body, headers = request_of(version, "tools/call", params, BOTH)
    status, _, _ = sides.ask(body, headers, exchange=True, watched=False)
    assert status == 200
    assert sides.taken == []


def test_an_error_of_a_handler_is_logged_whole(sides, caplog):
    async def raises(_context, _params):
        raise RuntimeError("on purpose")

    low_level = sides._endpoint._exchange.server
    entry = low_level.get_request_handler("ping")
    low_level.add_request_handler("ping", entry.params_type, raises)
    try:
        for version in (HANDSHAKE, MODERN):
            sides.compare(*request_of(version, "ping", {}, "application/json"))
    finally:
        low_level.add_request_handler("ping", entry.params_type, entry.handler)
    own = [record for record in caplog.records if record.name.startswith("mesh.runtime")]
    assert [record.levelno for record in own] == [logging.ERROR]
    assert own[0].exc_info is not None


@pytest.mark.parametrize("version", [HANDSHAKE, MODERN])
@pytest.mark.parametrize("between", [None, "crashing", "refusing", "asking", "nobody"])
def test_calls_share_a_thread_and_nothing_that_one_left(sides, between, version):
    def answered(tool):
        params = {"name": tool, "arguments": {}}
        body, headers = request_of(version, "tools/call", params, "application/json")
        return sides.ask(body, headers, exchange=True)

    first = answered("leaving")
    if between is not None:
        answered(between)
    assert answered("leaving") == first
    assert b" nothing" in first[2]
    assert LEFT.get() == "nothing"
