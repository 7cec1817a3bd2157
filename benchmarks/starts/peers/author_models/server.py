"""A server as its author writes it, with Pydantic's models."""

from typing import Annotated

from fastmcp import FastMCP
from pydantic import BaseModel, Field

mcp = FastMCP("author-models")


class Order(BaseModel):
    """What somebody wants."""

    article: str
    count: int = Field(default=1, ge=1)


@mcp.tool
def echo(text: Annotated[str, Field(description="What to give back.")]) -> str:
    """Give the text back."""
    return text


@mcp.tool
def order(wanted: Order) -> Order:
    """Order an article."""
    return wanted
