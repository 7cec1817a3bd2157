from fastmcp import FastMCP

import register

made = []


def create_server() -> FastMCP:
    from pydantic import BaseModel

    mcp = FastMCP("Factory")
    made.append(True)
    greeting = "hi "

    class Local(BaseModel):
        x: int

    @mcp.tool
    def hi(x: str) -> str:
        return greeting + x

    @mcp.tool
    def times() -> int:
        """How often this function was called."""
        return len(made)

    @mcp.tool
    def local(one: Local) -> int:
        return one.x

    @mcp.tool
    def name() -> str:
        return mcp.name

    for number in (2, 3):

        def multiply(x: int, by: int = number) -> int:
            return x * by * number

        mcp.tool(multiply, name=f"multiply_{number}")
    register.register(mcp, "Hello")
    return mcp
