"""One server with each feature of FastMCP that stands between a request and a tool."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastmcp import Context, FastMCP
from fastmcp.dependencies import CurrentHeaders, Depends
from fastmcp.exceptions import ToolError
from fastmcp.server import create_proxy
from fastmcp.server.sessions import SessionProvider
from fastmcp.server.extensions import ServerExtension
from fastmcp.server.middleware import Middleware
from fastmcp.server.transforms import ToolTransform
from fastmcp.tools import Tool
from fastmcp.tools.tool_transform import ArgTransform, ToolTransformConfig
from fastmcp.utilities.types import Audio, File, Image
from mcp.types import (
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequiredResult,
    SamplingMessage,
    TextContent,
)
from starlette.requests import Request
from starlette.responses import PlainTextResponse

LOG: list[str] = []


@asynccontextmanager
async def lifespan(_server: FastMCP) -> AsyncIterator[dict[str, object]]:
    """Count how often it is entered."""
    LOG.append("opened")
    yield {"opened": LOG}


class Shout(Middleware):
    """Answers of the tool `say` are in capitals."""

    async def on_call_tool(self, context, call_next):
        result = await call_next(context)
        if context.message.name == "say":
            result.structured_content = {"result": result.structured_content["result"].upper()}
        return result


class Politeness(ServerExtension):
    """Asks politely."""

    identifier = "com.example/politeness"

    async def intercept_tool_call(self, params, context, call_next):
        result = await call_next()
        if params.name == "say":
            result.structured_content = {"result": f"{result.structured_content['result']}, please"}
        return result


mcp = FastMCP("Features", lifespan=lifespan, middleware=[Shout()])
mcp.add_extension(Politeness())


@mcp.tool
def say(text: str) -> str:
    """Say it."""
    return text


@mcp.tool
def opened(ctx: Context) -> list[str]:
    """What the lifespan gave."""
    return ctx.lifespan_context["opened"]


child = FastMCP("Child")


@child.tool
def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


@child.resource("data://motto")
def motto() -> str:
    """A motto."""
    return "Slow is smooth"


@child.custom_route("/child", methods=["GET"])
async def child_page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("child")


mcp.mount(child, namespace="child")


@mcp.custom_route("/hook", methods=["GET", "POST"])
async def hook(request: Request) -> PlainTextResponse:
    """A route of the server's own."""
    return PlainTextResponse(f"{request.method} {(await request.body()).decode()}")


def add(left: int, right: int) -> int:
    """Add two numbers."""
    return left + right


mcp.add_tool(
    Tool.from_tool(
        Tool.from_function(add),
        name="add_ten",
        transform_args={"right": ArgTransform(hide=True, default=10)},
    )
)


@mcp.tool
async def work(steps: int, ctx: Context) -> str:
    """Tell of each step."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, f"step {step + 1}")
        await ctx.info(f"did {step + 1}")
    logging.getLogger("author").warning("worked")
    return "done"


@mcp.tool
async def read(ctx: Context) -> str:
    """Read a resource of the mounted server, and remember it within the call."""
    found = await ctx.read_resource("data://child/motto")
    await ctx.set_state("motto", found.contents[0].content)
    return await ctx.get_state("motto")


@mcp.tool
async def remember(ctx: Context, value: str | None = None) -> str | None:
    """Give what the call before has left."""
    before = await ctx.get_state("value")
    await ctx.set_state("value", value)
    return before


@mcp.tool
async def hide(ctx: Context) -> str:
    """Hide a tool from this client."""
    await ctx.disable_components(names={"say"})
    return "hidden"


mcp.add_provider(SessionProvider())


@mcp.tool
async def ask(ctx: Context) -> str:
    """Ask the client in the middle of the call."""
    answer = await ctx.elicit("Your name?", str)
    return str(answer)


def form(message: str, field: str) -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": "string"}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


@mcp.tool
def greet(ctx: Context) -> str | InputRequiredResult:
    """Ask for a name, and greet."""
    answer = (ctx.input_responses or {}).get("name")
    if answer is None:
        return InputRequiredResult(
            input_requests={"name": form("Your name?", "name")}, request_state="asked"
        )
    if answer.action != "accept":
        raise ToolError("No name was given.")
    return f"Hello, {answer.content['name']}! ({ctx.request_state})"


@mcp.tool
def think(ctx: Context) -> str | InputRequiredResult:
    """Ask the client's model."""
    answer = (ctx.input_responses or {}).get("thought")
    if answer is None:
        question = SamplingMessage(role="user", content=TextContent(text="2 + 2?"))
        params = CreateMessageRequestParams(messages=[question], max_tokens=10)
        return InputRequiredResult(input_requests={"thought": CreateMessageRequest(params=params)})
    return answer.content.text


@mcp.tool
async def sample(ctx: Context) -> str:
    """Ask the client's model in the middle of the call."""
    question = SamplingMessage(role="user", content=TextContent(text="2 + 2?"))
    answer = await ctx.session.create_message([question], max_tokens=10)
    return str(answer)


def table() -> str:
    return "notes"


@mcp.tool
def injected(name: str = Depends(table), headers: dict[str, str] = CurrentHeaders()) -> list[str]:
    """What FastMCP gives to the tool."""
    return [name, headers["x-shop"]]


PNG = bytes.fromhex("89504e470d0a1a0a")


@mcp.tool
def media() -> list:
    """An image, a sound and a file."""
    return [
        Image(data=PNG, format="png"),
        Audio(data=b"RIFF", format="wav"),
        File(data=b"a,b\n", name="table", format="csv"),
        "and words",
    ]


mcp.mount(create_proxy(os.environ.get("UPSTREAM_URL", "http://127.0.0.1:9/mcp")), namespace="far")


description = {
    "openapi": "3.1.0",
    "info": {"title": "Echo", "version": "1"},
    "paths": {
        "/headers": {
            "get": {"operationId": "headers", "responses": {"200": {"description": "Headers"}}}
        }
    },
}
http = httpx2.AsyncClient(base_url=os.environ.get("API_URL", "http://127.0.0.1:9"))
mcp.mount(FastMCP.from_openapi(description, client=http), namespace="api")


shop = FastMCP("Shop")


@shop.tool
def buy(item: str) -> str:
    return f"bought {item}"


shop.add_transform(ToolTransform({"buy": ToolTransformConfig(name="order", description="Order")}))
mcp.mount(shop)
