from fastmcp import FastMCP


def create_server() -> FastMCP:
    mcp = FastMCP("Factory")

    @mcp.tool
    def hi(x: str) -> str:
        return "hi " + x

    return mcp
