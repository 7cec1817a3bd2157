"""The tools, called as a client calls them, without a network."""

import asyncio

import pytest
from fastmcp import Client

from server import mcp


def call(tool: str, **arguments: object) -> object:
    async def ask() -> object:
        async with Client(mcp) as client:
            return (await client.call_tool(tool, arguments)).data

    return asyncio.run(ask())


def test_now_is_in_utc() -> None:
    assert str(call("now")).endswith("+00:00")


def test_greet_uses_the_greeting_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREETING", "Good morning")
    assert call("greet", name="Ada") == "Good morning, Ada!"
