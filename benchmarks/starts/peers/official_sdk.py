"""The official SDK's low-level server behind Mangum, one loop and one lifespan an instance."""

import asyncio

from mangum import Mangum
from mangum.protocols import LifespanCycle
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.routing import Route

ECHO = types.Tool(
    name="echo",
    description="Give the text back.",
    input_schema={
        "type": "object",
        "properties": {"text": {"type": "string"}},
        "required": ["text"],
    },
)


async def list_tools(ctx, params):
    """The one tool."""
    return types.ListToolsResult(tools=[ECHO])


async def call_tool(ctx, params):
    """Call it."""
    text = params.arguments["text"]
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)])


async def health(request):
    """Say that it runs."""
    return JSONResponse({"status": "ok"})


server = Server("official-sdk", on_list_tools=list_tools, on_call_tool=call_tool)
app = server.streamable_http_app(
    json_response=True,
    stateless_http=True,
    transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
)
app.router.routes.append(Route("/health", health))
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
lifespan = LifespanCycle(app, "on")
lifespan.__enter__()
handler = Mangum(app, lifespan="off")
