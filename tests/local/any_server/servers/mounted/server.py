import sub
from fastmcp import FastMCP

mcp = FastMCP("Main")
mcp.mount(sub.mcp, namespace="sub")
mcp.mount(sub.plain)


@mcp.tool
def top() -> str:
    return "top"


@mcp.tool
def fail(a: int) -> int:
    raise ValueError(f"the outer one: {a}")


@mcp.tool
def twice() -> str:
    return "the outer one"
