"""A small server."""

from fastmcp import FastMCP
from helpers import shout

mcp = FastMCP("Hello")


@mcp.tool
def greet(name: str, loud: bool = False) -> str:
    """Greet somebody by name."""
    text = f"Hello, {name}!"
    return shout(text) if loud else text


@mcp.tool
def add(a: int, b: int = 2) -> int:
    """Add two numbers."""
    if b == 0:
        raise ValueError("b is 0")
    return a + b


@mcp.resource("hello://motto")
def motto() -> str:
    return "Be kind."


@mcp.prompt
def introduce(name: str) -> str:
    return f"Introduce {name}."
