"""Tools for the HTTP API of a library, made from the API's description."""

import json
import os
from pathlib import Path

import httpx2
from fastmcp import FastMCP

description = json.loads(Path(__file__).with_name("library.json").read_text("utf-8"))
# The build imports this module too, where the variable is not set. Nothing connects until a tool
# is called.
address = os.environ.get("LIBRARY_URL", description["servers"][0]["url"])

mcp = FastMCP.from_openapi(
    description,
    client=httpx2.AsyncClient(base_url=address, timeout=10),
    name="Library",
)
