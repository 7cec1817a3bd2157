"""A server as its author writes it: the standard library and plain types."""

import math

from fastmcp import FastMCP

mcp = FastMCP("author")


@mcp.tool
def echo(text: str) -> str:
    """Give the text back."""
    return text


@mcp.tool
def statistics(values: list[float], digits: int = 2) -> dict[str, float]:
    """The mean and the length of a vector."""
    mean = sum(values) / len(values)
    return {"mean": round(mean, digits), "length": round(math.hypot(*values), digits)}
