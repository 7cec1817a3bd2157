"""Run in a process of its own, with lean imports or without: what is loaded, what is answered.

Prints one JSON object. The events of recorded sessions come on standard input.
"""
# ruff: noqa: E402 - what INIT has loaded is noted before anything else is

import asyncio
import importlib
import inspect
import json
import sys

from mesh.runtime.handler import handler

LOADED_BY_INIT = sorted(sys.modules)
ANSWERS = [handler(event, None) for event in json.load(sys.stdin)]

import fastmcp.utilities.logging
import mcp_types
from fastmcp import Client, Context
from fastmcp.mcp_config import MCPConfig
from fastmcp.server.auth import auth
from pydantic import BaseModel
from rich.console import Console

from mcp_app.server import MeshServer
from mesh.runtime.lean.facades import FACADES
from mesh.runtime.lean.models import Fields


def facade_names():
    """By package: the names that mean the same before and after its own `__init__` has run."""
    same = {}
    for package, names in FACADES.items():
        facade = importlib.import_module(package)
        before = {name: getattr(facade, name) for name in names}
        # Runs what the package is.
        for name in facade.__all__:
            getattr(facade, name)
        same[package] = [name for name in names if vars(facade)[name] is before[name]]
    return same


def models():
    """What each model of the protocol says of itself, and how many have not been asked before."""
    everything = vars(mcp_types).values()
    found = [one for one in everything if isinstance(one, type) and issubclass(one, BaseModel)]
    put_off = sum(isinstance(vars(one)["__pydantic_fields__"], Fields) for one in found)
    for model in found:
        # Where a name is defined after the model, only its use has the field's type.
        model.model_rebuild()
    said = {
        model.__name__: [
            [[name, str(field.annotation)] for name, field in model.model_fields.items()],
            sorted(name for name in vars(model) if name in model.model_fields),
            model.model_json_schema(),
            str(inspect.signature(model)),
        ]
        for model in found
    }
    return {"said": said, "put_off": put_off}


async def used_in_full():
    """FastMCP beyond what this server does: a client, state, a question, logging, a model."""
    server = MeshServer(name="full")

    @server.tool
    async def count(context: Context) -> int:
        """Count calls of this session."""
        number = (await context.get_state("number") or 0) + 1
        await context.set_state("number", number)
        return number

    @server.tool
    async def forget(context: Context) -> str:
        """Forget them."""
        await context.delete_state("number")
        return "forgotten"

    @server.tool
    async def ask(context: Context) -> str:
        """Ask the person."""
        given = await context.elicit("Your name?", response_type=str)
        return f"{given.action} {getattr(given, 'data', '')}"

    async def person(_message, response_type, _params, _context):
        return response_type(value="Ada")

    async with Client(server, elicitation_handler=person, mode="legacy") as client:
        numbers = [(await client.call_tool("forget")).data]
        numbers += [(await client.call_tool("count")).data for _ in range(3)]
        numbers.append((await client.call_tool("forget")).data)
        numbers.append((await client.call_tool("count")).data)
        asked = (await client.call_tool("ask")).data
    return {
        "numbers": numbers,
        "asked": asked,
        "console": type(vars(fastmcp.utilities.logging)["Console"]()) is Console,
        "configuration": len(MCPConfig.from_dict({"mcpServers": {}}).mcpServers),
        "extract": _extracted(),
    }


def _extracted():
    found = vars(auth)["extract_compact"](b"eyJhbGciOiJIUzI1NiJ9.e30.c2ln")
    return dict(found.headers())


result = {"loaded": LOADED_BY_INIT, "answers": ANSWERS}
result["models"] = models()
result["full"] = asyncio.run(used_in_full())
result["facades"] = facade_names()
sys.stdout.write(json.dumps(result) + "\n")
