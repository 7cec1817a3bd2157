from typing import Annotated, Literal

from fastmcp import FastMCP
from pydantic import BaseModel, Field

mcp = FastMCP("Models", instructions="Be nice", version="2.1")


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)
    tags: list[str] = []


STATE: dict[str, Item] = {}


@mcp.tool(annotations={"readOnlyHint": True}, tags={"shop"})
def put(item: Item, where: Annotated[Literal["a", "b"], Field(description="shelf")] = "a") -> Item:
    STATE[item.name] = item
    return item


@mcp.tool
async def count(prefix: str = "") -> dict[str, int]:
    return {"n": len([k for k in STATE if k.startswith(prefix)])}
