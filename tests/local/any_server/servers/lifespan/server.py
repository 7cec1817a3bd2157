from contextlib import asynccontextmanager

from fastmcp import FastMCP

OPEN = []


@asynccontextmanager
async def lifespan(server):
    OPEN.append(1)
    yield {"db": 1}


mcp = FastMCP("Life", lifespan=lifespan)


@mcp.tool
def opened() -> int:
    return len(OPEN)
