import sub
from fastmcp import FastMCP

mcp = FastMCP("Main")
mcp.mount(sub.mcp, namespace="sub")


@mcp.tool
def top() -> str:
    return "top"
