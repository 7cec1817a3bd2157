from fastmcp import FastMCP
from fastmcp.server.middleware import Middleware


class Shout(Middleware):
    async def on_call_tool(self, context, call_next):
        r = await call_next(context)
        r.content[0].text = r.content[0].text.upper()
        return r


mcp = FastMCP("Mw")
mcp.add_middleware(Shout())


@mcp.tool
def say(x: str) -> str:
    return x
