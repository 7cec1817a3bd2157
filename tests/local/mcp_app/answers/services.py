"""A question, where its services are asked, and what they were asked."""

from __future__ import annotations

from typing import Any

from aoma.local_supabase.openai.server import LocalOpenAI

QUESTION = "For how many days are proxies kept after ingest?"
RESPONSES = "/v1/responses"
FUNCTIONS = {
    "documents": "rpc/mesh_search_passages",
    "tickets": "rpc/mesh_search_tickets",
    "commits": "rpc/mesh_search_commits",
    "code": "rpc/mesh_search_code",
}


def said(openai_server: LocalOpenAI) -> list[Any]:
    """What the model was asked."""
    return [request.json for request in openai_server.requests.to(RESPONSES)]


def sources(result: Any) -> dict[str, Any]:
    return {source["source"]: source for source in result["sources"]}
