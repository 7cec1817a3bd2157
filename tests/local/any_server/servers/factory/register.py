from typing import Annotated

from fastmcp import FastMCP
from pydantic import BaseModel, Field


class Item(BaseModel):
    name: str
    tags: list[str] = []


class Greeter:
    def __init__(self, word: str) -> None:
        self.word = word
        self.count = 0

    def said(self, item: Item) -> str:
        self.count += 1
        return f"{self.word}, {item.name} ({self.count})"


def register(mcp: FastMCP, word: str) -> None:
    greeter = Greeter(word)

    @mcp.tool(annotations={"readOnlyHint": True})
    async def greet(item: Item, loud: Annotated[bool, Field(description="Shout?")] = False) -> str:
        said = greeter.said(item)
        return said.upper() if loud else said

    mcp.add_tool(lambda_tool(mcp))


def lambda_tool(_mcp: FastMCP):
    from fastmcp.tools import Tool

    def given(x: int) -> dict[str, int]:
        return {"x": x}

    return Tool.from_function(given)
