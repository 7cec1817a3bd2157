"""Tools are looked up without a task for each provider, and found wherever they are."""

import asyncio

import pytest
from fastmcp import FastMCP
from fastmcp.prompts import Prompt
from fastmcp.server.providers.aggregate import AggregateProvider
from fastmcp.tools import Tool

from mcp_app.registration.single_provider import SingleProvider
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
    assert order.index(FastMCP) < order.index(SingleProvider) < order.index(AggregateProvider)


def test_a_tool_that_nobody_has_is_not_found(server):
    assert asyncio.run(server.get_tool("far")) is None


def test_tools_of_a_mounted_server_are_found_too(server):
    other = FastMCP("other")
    other.add_tool(far)
    server.mount(other)
    assert asyncio.run(server.get_tool("far")).name == "far"
    assert {tool.name for tool in asyncio.run(server.list_tools())} == {"near", "far"}


def greeting() -> str:
    return "Greet."


@pytest.fixture
def registered(server):
    """What was registered, in that order; the server has one tool that is not put off."""
    done = []

    def put_off(name, register):
        def note():
            done.append(name)
            register()

        return name, note

    server.tools_put_off.add(
        *put_off("b", lambda: server.add_tool(Tool.from_function(far, name="b")))
    )
    server.tools_put_off.add(
        *put_off("a", lambda: server.add_tool(Tool.from_function(far, name="a")))
    )
    server.prompts_put_off.add(
        *put_off("greeting", lambda: server.add_prompt(Prompt.from_function(greeting)))
    )
    return done


def test_a_tool_is_registered_when_it_is_named(server, registered):
    assert asyncio.run(server.get_tool("a")).name == "a"
    assert registered == ["a"]


def test_a_schema_is_there_for_the_first_question_for_it(server, registered):
    assert server._mcp_server.get_tool_input_schema("a")["type"] == "object"
    assert server._mcp_server.get_tool_input_schema("c") is None
    assert registered == ["a"]


@pytest.mark.parametrize("named_first", [[], ["a"], ["a", "b"]])
def test_tools_are_listed_in_their_order_whichever_was_named_first(server, registered, named_first):
    for name in named_first:
        asyncio.run(server.get_tool(name))
    for _ in range(2):
        assert [tool.name for tool in asyncio.run(server.list_tools())] == ["b", "a", "near"]
    assert sorted(registered) == ["a", "b"]


def test_prompts_are_registered_when_they_are_named_or_listed(server, registered):
    assert asyncio.run(server.get_prompt("greeting")).name == "greeting"
    assert [prompt.name for prompt in asyncio.run(server.list_prompts())] == ["greeting"]
    assert registered == ["greeting"]


def test_two_tools_of_one_name_are_refused(server, registered):
    with pytest.raises(ValueError, match="'a'"):
        server.tools_put_off.add("a", lambda: None)


def test_a_tool_whose_registration_fails_fails_each_time(server):
    def refuse():
        raise RuntimeError("not today")

    server.tools_put_off.add("broken", refuse)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="not today"):
            asyncio.run(server.get_tool("broken"))
