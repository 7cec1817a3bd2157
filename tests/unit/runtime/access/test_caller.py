"""Who calls is known to what answers, and to nobody else's request."""

import asyncio
from copy import replace

import pytest

from mesh.runtime.access.caller import ANONYMOUS, Caller, calling, current_caller

ARN = "arn:aws:iam::123456789012:user/ada"


@pytest.fixture
def seen(monkeypatch):
    """The callers that searches were made for."""
    callers = []
    original = asyncio.to_thread

    async def noted(function, *arguments):
        callers.append(current_caller())
        return await original(function, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", noted)
    return callers


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_a_tool_knows_whose_key_it_was_called_with(client, seen, path):
    client.rpc("tools/call", {"name": "search_knowledge", "arguments": {"query": "proxies"}}, path)
    assert seen == [Caller("key:tests")]
    assert current_caller() == ANONYMOUS


def test_a_tool_knows_the_arn_that_signed(start_instance, settings, seen):
    signed = start_instance(replace(settings, auth="iam"))
    params = {"name": "search_knowledge", "arguments": {"query": "proxies"}}
    call = {"method": "tools/call", "params": params}
    assert signed.request("POST", "/rpc", call, iam_arn=ARN).status == 200
    assert seen == [Caller(ARN)]


def test_requests_at_one_time_keep_their_own_callers():
    async def request(name):
        with calling(Caller(name)):
            await asyncio.sleep(0)
            return current_caller().name

    async def both():
        return await asyncio.gather(request("ada"), request("grace"))

    assert asyncio.run(both()) == ["ada", "grace"]


def test_a_token_does_not_show_in_a_log():
    jwt = "eyJhbGciOi"
    assert jwt not in repr(Caller("ada", jwt))
