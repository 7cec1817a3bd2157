from fastmcp import FastMCP
from fastmcp.utilities.types import Image
from mcp.types import TextContent

mcp = FastMCP("Img")


@mcp.tool
def pic() -> Image:
    return Image(data=b"abc", format="png")


@mcp.tool
def text() -> TextContent:
    return TextContent(type="text", text="x")
