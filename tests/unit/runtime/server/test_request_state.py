import asyncio

import httpx
import pytest
from fastmcp import Context, FastMCP
from mcp.server.request_state import InvalidRequestState
from mcp_types import InputRequiredResult

from mesh.runtime.aws.parameter_store import ParameterUnavailableError
from mesh.runtime.endpoint.mcp_endpoint import McpEndpoint
from mesh.runtime.server.request_state import SharedKeyCodec, request_state_security

KEY = "k" * 32


def codec(read, ttl_seconds=60):
    return SharedKeyCodec("/mesh/test/state-key", ttl_seconds, read)


def test_what_one_instance_sealed_another_reads():
    token = codec(lambda _: KEY).seal(b"round one")
    assert b"round one" not in token.encode()
    assert codec(lambda _: KEY).unseal(token) == b"round one"


def test_another_key_and_a_changed_token_are_refused():
    token = codec(lambda _: KEY).seal(b"state")
    for unsealing, given in ((lambda _: "x" * 32, token), (lambda _: KEY, token[:-2] + "AA")):
        with pytest.raises(InvalidRequestState):
            codec(unsealing).unseal(given)


@pytest.mark.parametrize("value", ["{}", "", "short"])
def test_a_parameter_without_a_key_seals_nothing(value):
    with pytest.raises(ParameterUnavailableError, match="openssl rand") as refused:
        codec(lambda _: value).seal(b"state")
    assert not value or value not in str(refused.value)


def test_the_key_is_read_when_needed_and_again_after_its_time():
    reads = []

    def read(name):
        reads.append(name)
        return KEY

    shared = codec(read)
    assert reads == []
    shared.unseal(shared.seal(b"state"))
    assert reads == ["/mesh/test/state-key"]
    expiring = codec(read, ttl_seconds=0)
    expiring.unseal(expiring.seal(b"state"))
    assert len(reads) == 3


def guarded(security):
    """A server with a tool that asks back once."""
    server = FastMCP("guarded", request_state_security=security, mask_error_details=True)

    @server.tool
    def confirm(ctx: Context) -> str | InputRequiredResult:
        """Ask, and remember that it asked."""
        if ctx.request_state == "asked":
            return "confirmed"
        return InputRequiredResult(request_state="asked")

    return McpEndpoint(server, {})


def call(endpoint, **params):
    """The answer to one call of protocol 2026-07-28."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"name": "confirm", "arguments": {}, "_meta": meta, **params}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/call",
        "mcp-name": "confirm",
    }

    async def work():
        transport = httpx.ASGITransport(endpoint)
        async with (
            endpoint.lifespan(),
            httpx.AsyncClient(transport=transport, base_url="http://mesh") as http,
        ):
            return (await http.post("/mcp", json=message, headers=headers)).json()

    return asyncio.run(work())


def secured(read, name="ada"):
    security = request_state_security("/mesh/test/state-key", 60, "mesh")
    security.codec = codec(read)
    security.bind_principal = lambda _context: name
    return security


def test_a_round_goes_on_at_another_instance():
    asked = call(guarded(secured(lambda _: KEY)))["result"]
    assert asked["resultType"] == "input_required"
    state = {"requestState": asked["requestState"]}
    answer = call(guarded(secured(lambda _: KEY)), **state)["result"]
    assert answer["content"][0]["text"] == "confirmed"


def test_another_callers_round_is_refused():
    state = {"requestState": call(guarded(secured(lambda _: KEY)))["result"]["requestState"]}
    refused = call(guarded(secured(lambda _: KEY, name="eve")), **state)
    assert refused["error"]["code"] == -32602


def test_without_a_key_nothing_is_asked_and_the_log_says_why(caplog):
    refused = call(guarded(secured(lambda _: "{}")))
    assert refused["error"]["code"] == -32603
    assert "asked" not in str(refused)
    assert "openssl rand" in caplog.text
