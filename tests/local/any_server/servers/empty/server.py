from fastmcp import FastMCP

mcp = FastMCP("Nothing")
