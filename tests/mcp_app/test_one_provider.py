"""Tools are looked up without a task for each provider, and found wherever they are."""

import asyncio

import pytest
from fastmcp import FastMCP
from fastmcp.server.providers.aggregate import AggregateProvider

from mcp_app.one_provider import OneProvider
from mcp_app.server import MeshServer


def near() -> str:
    return "near"


def far() -> str:
    return "far"


@pytest.fixture
def server():
    made = MeshServer(name="one")
    made.add_tool(near)
    return made


def run_counted(work):
    """What it gives, and how many tasks were made for it."""
    made = []

    def factory(loop, coroutine, **more):
        made.append(coroutine)
        return asyncio.Task(coroutine, loop=loop, **more)

    async def main():
        loop = asyncio.get_running_loop()
        loop.set_task_factory(factory)
        try:
            return await work()
        finally:
            loop.set_task_factory(None)

    return asyncio.run(main()), len(made)


def test_the_only_provider_is_asked_without_a_task(server):
    for work in (lambda: server.get_tool("near"), server.list_tools):
        found, tasks = run_counted(work)
        assert found
        # A failure here means that FastMCP looks tools up in another way now.
        assert tasks == 0


def test_it_stands_between_fastmcp_and_its_own_base():
    order = MeshServer.__mro__
    assert order.index(FastMCP) < order.index(OneProvider) < order.index(AggregateProvider)


def test_a_tool_that_nobody_has_is_not_found(server):
    assert asyncio.run(server.get_tool("far")) is None


def test_tools_of_a_mounted_server_are_found_too(server):
    other = FastMCP("other")
    other.add_tool(far)
    server.mount(other)
    assert asyncio.run(server.get_tool("far")).name == "far"
    assert {tool.name for tool in asyncio.run(server.list_tools())} == {"near", "far"}
