"""What an author writes is found: the very examples of the packages' docstrings."""

import asyncio
import sys
import textwrap
from typing import Any

import pytest
from fastmcp import FastMCP

from mcp_app import prompts, resources, tools
from mcp_app.registration.components import components
from mcp_app.registration.typed_prompt import TypedPrompt

ALL = frozenset({"documents", "tickets", "commits", "code"})


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes a module into a package for the time of a test, and gives what it holds."""
    packages = []

    def write(package, source):
        (tmp_path / "just_written.py").write_text(source)
        monkeypatch.setattr(package, "__path__", [str(tmp_path)])
        packages.append(package.__name__)
        (found,) = components(package, ALL)
        return found.function

    yield write
    for name in packages:
        sys.modules.pop(f"{name}.just_written", None)
        if hasattr(sys.modules[name], "just_written"):
            delattr(sys.modules[name], "just_written")


def example(package):
    """The indented block of the package's docstring."""
    lines = (package.__doc__ or "").splitlines()
    block = [line for line in lines if line.startswith("    ") or not line]
    return textwrap.dedent("\n".join(block)).strip().replace("'''", '"""') + "\n"


def test_the_example_of_a_tool_is_a_whole_one(written):
    server = FastMCP("x")
    server.add_tool(written(tools, example(tools)))
    result: Any = asyncio.run(server.call_tool("greet", {"name": "Ada"}))
    assert result.content[0].text == "Hello, Ada!"


def test_the_example_of_a_resource_is_a_whole_one(written):
    server = FastMCP("x")
    server.add_resource(written(resources, example(resources)))
    result: Any = asyncio.run(server.read_resource("aoma://motto"))
    assert result.contents[0].content == "No evidence, no answer."


@pytest.mark.parametrize("future", ["", "from __future__ import annotations\n"])
def test_the_example_of_a_prompt_is_a_whole_one(written, future):
    prompt: Any = TypedPrompt.of(written(prompts, future + example(prompts)))
    said: Any = asyncio.run(prompt.render({"change": "the retries", "depth": "thorough"}))
    assert "Review the retries, thorough." in said.messages[0].content.text
    (suggest,) = prompt.completers({}).values()
    assert asyncio.run(suggest("t")) == ["thorough"]


def test_arguments_of_any_simple_type_are_taken_from_text(written):
    source = """
from typing import Literal
from fastmcp.prompts import prompt

@prompt
def ask(times: int, often: Literal[1, 2] = 1, loud: bool = False, only: Literal["a"] = "a") -> str:
    return f"{times + 1} {often} {loud} {only}"
"""
    prompt: Any = TypedPrompt.of(written(prompts, source))
    asked = {"times": "41", "loud": "true"}
    assert asyncio.run(prompt.render(asked)).messages[0].content.text == "42 1 True a"
    descriptions = {argument.name: argument.description for argument in prompt.arguments}
    assert descriptions["often"] == "One of: 1, 2."
    assert descriptions["only"] == "One of: a."


def test_a_module_whose_source_is_not_there_is_left_out():
    names = {found.function.__name__ for found in components(tools, frozenset())}
    assert "search_knowledge" not in names
    assert "get_system_health" in names
    names = {found.function.__name__ for found in components(resources, frozenset())}
    assert names == {"health"}
