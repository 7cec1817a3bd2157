from fastmcp import Context, FastMCP

mcp = FastMCP("Ctx")
N = 0


@mcp.tool
def plain(x: int) -> int:
    global N
    N += 1
    return x + N


@mcp.tool
async def talk(x: int, ctx: Context) -> str:
    await ctx.info("hello")
    return f"{ctx.request_id} {N}"


@mcp.custom_route("/hook", methods=["GET"])
async def hook(request):
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("hooked")
