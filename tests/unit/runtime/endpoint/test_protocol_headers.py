"""Headers and versions, by the letter of both eras.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports
"""

import base64

import pytest
from fastmcp import FastMCP

from tests.unit.runtime.endpoint.test_mcp import BOTH, LIST, initialize, modern

CALL = modern("tools/call", name="search_knowledge", arguments={"query": "checksum"})
HEADERS = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "search_knowledge",
    "accept": BOTH,
}
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("accept", [None, "application/json", "*/*", BOTH])
def test_a_call_with_the_right_headers_is_answered(client, path, accept):
    reply = client.request("POST", path, CALL, headers=HEADERS | {"accept": accept})
    assert reply.status == 200
    answer = reply.events[-1] if reply.events else reply.json
    assert answer["result"]["structuredContent"]["hits"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"mcp-method": None},
        {"mcp-method": "tools/list"},
        {"mcp-method": "Tools/Call"},
        # As a Function URL joins a header that came twice.
        {"mcp-method": "tools/call,tools/call"},
        {"mcp-name": None},
        {"mcp-name": "get_system_health"},
        {"mcp-name": "search_knowledge,search_knowledge"},
    ],
)
@pytest.mark.parametrize("accept", [BOTH, "application/json"])
def test_headers_that_do_not_say_what_the_body_says_are_refused(client, wrong, accept):
    reply = client.request("POST", "/mcp", CALL, headers=HEADERS | {"accept": accept} | wrong)
    assert reply.status == 400
    assert reply.json["error"]["code"] == HEADER_MISMATCH
    assert reply.json["id"] == CALL["id"]


def test_another_version_in_the_header_than_in_the_body_is_refused(client):
    body = modern("tools/list")
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2025-11-25"
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    reply = client.request("POST", "/mcp", body, headers=headers)
    assert reply.status == 400
    assert reply.json["error"]["code"] == HEADER_MISMATCH


def test_a_version_that_is_not_served_is_told_which_are(client):
    body = modern("tools/list")
    body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
    headers = {"mcp-protocol-version": "2099-01-01", "mcp-method": "tools/list"}
    reply = client.request("POST", "/mcp", body, headers=headers)
    assert reply.status == 400
    assert reply.json["error"]["code"] == UNSUPPORTED_VERSION
    assert reply.json["error"]["data"] == {
        "supported": ["2026-07-28"],
        "requested": "2099-01-01",
    }


@pytest.mark.parametrize(
    "missing",
    ["io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities"],
)
def test_an_envelope_that_lacks_something_is_refused(client, missing):
    body = modern("tools/list")
    del body["params"]["_meta"][missing]
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}
    reply = client.request("POST", "/mcp", body, headers=headers)
    assert reply.status == 400
    assert reply.json["error"]["code"] == -32602


def test_an_unknown_method_is_not_found(client):
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": "no/such"}
    reply = client.request("POST", "/mcp", modern("no/such"), headers=headers)
    assert reply.status == 404
    assert reply.json["error"]["code"] == -32601


@pytest.mark.parametrize(
    "method", ["initialize", "ping", "logging/setLevel", "resources/subscribe"]
)
def test_what_the_newest_protocol_dropped_is_not_found_in_it(client, method):
    headers = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    reply = client.request("POST", "/mcp", modern(method), headers=headers)
    assert reply.status == 404
    assert reply.json["error"]["code"] == -32601


def test_a_name_that_no_header_can_hold_travels_in_base64(client):
    uri = "aoma://docs/Straße/läuft.md"
    encoded = base64.b64encode(uri.encode()).decode()
    headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "resources/read",
        "mcp-name": f"=?base64?{encoded}?=",
    }
    body = modern("resources/read", uri=uri)
    reply = client.request("POST", "/mcp", body, headers=headers)
    # Understood, and then not found.
    assert reply.json["error"]["code"] == -32602
    assert reply.json["error"]["data"] == {"uri": uri}
    assert client.rpc("resources/read", body["params"])["error"] == reply.json["error"]


@pytest.mark.parametrize("method", ["a\r\nx: y", "ü", "x" * 10_000])
def test_no_method_or_name_breaks_the_plain_way(client, method):
    meta = modern("x")["params"]["_meta"]
    assert client.rpc(method, {"_meta": meta})["error"]["code"] in {-32601, -32020, -32600}
    named = client.rpc("tools/call", {"name": method, "_meta": meta})
    assert named["result"]["isError"]


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_half_of_a_surrogate_pair_is_not_json(client, path):
    reply = client.request("POST", path, modern("\ud800"))
    assert (reply.status, reply.json["error"]["code"]) == (400, -32700)


@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
def test_an_older_client_repeats_its_version_in_a_header(client, version):
    reply = client.request("POST", "/mcp", LIST, headers={"mcp-protocol-version": version})
    assert reply.status == 200


@pytest.mark.parametrize("version", ["1999-01-01", "latest", "2025-11-25,2025-11-25"])
def test_a_header_with_a_version_that_never_was_is_refused(client, version):
    # https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
    reply = client.request("POST", "/mcp", LIST, headers={"mcp-protocol-version": version})
    assert reply.status == 400
    assert "error" in reply.json


def test_an_older_client_without_the_header_is_answered(client):
    # The version without that header, 2025-03-26, is taken for its own.
    assert client.request("POST", "/mcp", LIST).status == 200


def test_no_session_is_given_and_none_is_missed(client):
    reply = client.request("POST", "/mcp", initialize("2025-11-25"))
    assert "mcp-session-id" not in {name.lower() for name in reply.headers}
    headers = {"mcp-session-id": "of another server", "mcp-protocol-version": "2025-11-25"}
    assert client.request("POST", "/mcp", LIST, headers=headers).status == 200


@pytest.mark.parametrize(
    "notification",
    [
        {"method": "notifications/initialized"},
        {"method": "notifications/cancelled", "params": {"requestId": 1, "reason": "changed"}},
        {"method": "notifications/roots/list_changed"},
    ],
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_notifications_are_taken_without_an_answer(client, notification, version):
    body = {"jsonrpc": "2.0", **notification}
    headers = {"mcp-protocol-version": version, "mcp-method": notification["method"]}
    reply = client.request("POST", "/mcp", body, headers=headers)
    assert (reply.status, reply.text) == (202, "")


@pytest.mark.parametrize("origin", ["null", "https://evil.example", "http://localhost:3000"])
@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/rpc"])
def test_a_page_of_another_origin_may_not_call(client, origin, path):
    headers = HEADERS | {"origin": origin}
    assert client.request("POST", path, CALL, headers=headers).status == 403


def test_a_call_of_the_newest_protocol_does_not_list_all_tools(client, monkeypatch):
    listings = []
    listing = FastMCP.list_tools

    async def list_tools(self, **options):
        listings.append(options)
        return await listing(self, **options)

    monkeypatch.setattr(FastMCP, "list_tools", list_tools)
    reply = client.request("POST", "/mcp", CALL, headers=HEADERS)
    assert reply.status == 200
    assert listings == []
    client.rpc("tools/list")
    assert listings
