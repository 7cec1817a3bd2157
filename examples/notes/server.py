"""Notes in a DynamoDB table, and codes with which their owner shares them."""

import hashlib
import hmac
import os
from functools import cache
from typing import TYPE_CHECKING

import boto3
from fastmcp import FastMCP
from fastmcp.exceptions import ToolError

import mesh

if TYPE_CHECKING:
    from botocore.client import BaseClient

mcp = FastMCP("Notes")


@cache
def dynamodb() -> "BaseClient":
    """The client of this instance. It finds the region and the role's credentials by itself."""
    return boto3.client("dynamodb")


def table() -> str:
    """The name of the table, whose key is `title`."""
    return os.environ["NOTES_TABLE"]


def code_for(title: str) -> str:
    """The code that opens one note. It changes with the secret."""
    key = mesh.secret("SHARING_KEY").encode()
    return hmac.new(key, title.encode(), hashlib.sha256).hexdigest()


@mcp.tool
def write_note(title: str, text: str) -> str:
    """Write a note, over one of the same title."""
    dynamodb().put_item(TableName=table(), Item={"title": {"S": title}, "text": {"S": text}})
    return f"Written: {title}"


@mcp.tool(annotations={"readOnlyHint": True})
def read_note(title: str) -> str:
    """Read a note."""
    found = dynamodb().get_item(TableName=table(), Key={"title": {"S": title}})
    if "Item" not in found:
        raise ToolError(f"There is no note with the title {title!r}.")
    return found["Item"]["text"]["S"]


@mcp.tool(annotations={"readOnlyHint": True})
def share_note(title: str) -> str:
    """Give the code with which somebody else can read a note."""
    return code_for(title)


@mcp.tool(annotations={"readOnlyHint": True})
def read_shared_note(title: str, code: str) -> str:
    """Read a note that somebody shared."""
    if not hmac.compare_digest(code.encode(), code_for(title).encode()):
        raise ToolError("The code does not open this note.")
    return read_note(title)
