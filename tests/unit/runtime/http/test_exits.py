"""A tool, resource or prompt that calls `sys.exit` fails like any other, and the instance lives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from mcp_app import prompts, resources, tools
from tests.fixtures.instances import KEY, Client

SOURCES = {
    tools: """
import asyncio
import sys
from fastmcp.tools import tool
class Odd(BaseException): pass
@tool
def leaves() -> str: sys.exit(3)
@tool
async def leaves_later() -> str: sys.exit("bye")
@tool
def raises_what_is_no_exception() -> str: raise Odd("secret")
@tool
def says_it_is_cancelled() -> str: raise asyncio.CancelledError("secret")
@tool
async def waits_for_a_cancelled_task() -> str:
    task = asyncio.create_task(asyncio.sleep(60))
    task.cancel()
    await task
@tool
def fails() -> str: raise RuntimeError("secret")
""",
    resources: """
import asyncio
import sys
from fastmcp.resources import resource
@resource("aoma://leaves")
def leaves() -> str: sys.exit(3)
@resource("aoma://leaves/{name}")
async def leaves_by_name(name: str) -> str: sys.exit(3)
@resource("aoma://cancelled")
async def says_it_is_cancelled() -> str: raise asyncio.CancelledError
@resource("aoma://fails")
def fails() -> str: raise RuntimeError("secret")
""",
    prompts: """
import sys
from fastmcp.prompts import prompt
@prompt
def leaves() -> str: sys.exit(3)
""",
}


@pytest.fixture
def written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_instance: Any, settings: Any
) -> Client:
    """A server with these modules beside its own."""
    for package, source in SOURCES.items():
        folder = tmp_path / package.__name__
        folder.mkdir()
        (folder / "exiting.py").write_text(source)
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
    try:
        instance = new_instance(settings)
    finally:
        for package in SOURCES:
            sys.modules.pop(f"{package.__name__}.exiting", None)
    return Client(lambda event: instance.answer(event, None), KEY)


def asked(client: Client, method: str, params: dict[str, Any], accept: str, path: str) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    reply = client.request("POST", path, message, headers={"accept": accept})
    assert reply.status == 200, reply
    return reply.events[-1] if reply.events else reply.json


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize("accept", ["application/json", "application/json, text/event-stream"])
def test_an_exit_is_the_failure_of_one_request(written: Client, accept: str, path: str) -> None:
    def said(method: str, **params: Any) -> str:
        return str(asked(written, method, params, accept, path))

    usual = said("tools/call", name="fails", arguments={})
    assert "'isError': True" in usual
    for tool in (
        "leaves",
        "leaves_later",
        "raises_what_is_no_exception",
        "says_it_is_cancelled",
        "waits_for_a_cancelled_task",
    ):
        assert said("tools/call", name=tool, arguments={}) == usual.replace("fails", tool)
    usual = said("resources/read", uri="aoma://fails")
    assert "secret" not in usual
    for uri in ("aoma://leaves", "aoma://leaves/x", "aoma://cancelled"):
        assert said("resources/read", uri=uri) == usual.replace("aoma://fails", uri)
    assert "Error rendering prompt 'leaves'" in said("prompts/get", name="leaves")
    assert "result" in asked(written, "ping", {}, accept, path)
