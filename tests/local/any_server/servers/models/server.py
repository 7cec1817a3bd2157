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


@mcp.tool
def parse(text: str) -> Item:
    return Item.model_validate_json(text)


@mcp.tool
async def parse_later(text: str) -> Item:
    return Item.model_validate_json(text)


@mcp.tool
def parse_lines(text: str) -> list[str]:
    for line in text.splitlines():
        yield Item.model_validate_json(line).name
