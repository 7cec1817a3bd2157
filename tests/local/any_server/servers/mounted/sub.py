from fastmcp import FastMCP

mcp = FastMCP("Sub")


@mcp.tool
def inner(a: int) -> int:
    return a * 2
