from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from pydantic import BaseModel

mcp = FastMCP("Sub")
deep = FastMCP("Deep")
plain = FastMCP("Plain")
mcp.mount(deep, namespace="deep")


class Point(BaseModel):
    x: int
    y: int = 0


@mcp.tool
def inner(a: int) -> int:
    return a * 2


@mcp.tool
def fail(a: int) -> int:
    raise ToolError(f"the inner one: {a}")


@mcp.tool
def broken(a: int) -> int:
    raise LookupError(f"broken: {a}")


@mcp.tool
async def about(ctx: Context) -> str:
    return ctx.fastmcp.name


@deep.tool
def moved(point: Point) -> Point:
    return Point(x=point.x + 1, y=point.y)


@plain.tool
def unnamed(words: list[str]) -> dict[str, int]:
    return {word: len(word) for word in words}


@plain.tool
def twice() -> str:
    return "the inner one"
