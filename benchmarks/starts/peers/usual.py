"""FastMCP as people write it: every import and client at the top."""

import importlib
import os

import boto3
from fastmcp import FastMCP
from openai import OpenAI
from starlette.responses import JSONResponse
from supabase import create_client

mcp = FastMCP("usual")
database = create_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_KEY"])
openai = OpenAI()


@mcp.tool
def echo(text: str) -> str:
    """Give the text back."""
    return text


@mcp.tool
def search_knowledge(query: str, max_results: int = 5) -> list[dict]:
    """Search the documents by meaning."""
    found = openai.embeddings.create(model=os.environ["EMBEDDING_MODEL"], input=query)
    arguments = {
        "p_query": query,
        "p_embedding": found.data[0].embedding,
        "p_mode": "semantic",
        "p_limit": max_results,
    }
    return database.rpc("mesh_search_passages", arguments).execute().data


@mcp.custom_route("/health", methods=["GET"])
async def health(request):
    """Say that it runs."""
    return JSONResponse({"status": "ok"})


if "MORE_TOOLS" in os.environ:
    importlib.import_module(os.environ["MORE_TOOLS"]).add(mcp)
