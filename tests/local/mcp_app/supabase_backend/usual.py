"""What both services answer when nothing is wrong, and what SSM holds then."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from mesh.runtime.aws.parameter_store import ParameterUnavailableError
from tests.local.mcp_app.supabase_backend.scripted import Reply, Request

MODEL = "text-embedding-3-small"
# None of these may appear in a message, a result or a log.
CANARIES = ("canary-openai", "canary-publishable", "canary-signature")


def jwt(role: str = "mesh_server", signature: str = "canary-signature", **claims: Any) -> str:
    parts = [{"alg": "ES256", "typ": "JWT"}, {"role": role, **claims}]
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    ]
    return ".".join([*encoded, signature])


PASSAGE = {
    "id": "ingest.md#checksums",
    "document": "ingest.md",
    "title": "Ingest",
    "corpus": "docs",
    "heading": ["Ingest", "Checksums"],
    "text": "Every master file gets a BLAKE3 checksum.",
    "link": None,
    "score": 0.0327,
    "coverage": 1.0,
    "similarity": 0.71,
    "candidates": 12,
}
TICKET = {
    "id": "AOMA-7",
    "title": "Upload hangs",
    "text": "It hangs at 99 %.",
    "link": None,
    "project": "AOMA",
    "type": "Bug",
    "status": "Open",
    "priority": "High",
    "labels": ["upload"],
    "assignee": None,
    "created": "2026-01-31T12:00:00+02:00",
    "updated": None,
    "score": 0.0327,
    "coverage": 1.0,
    "similarity": 0.6,
    "candidates": 3,
}
ROWS = {"mesh_search_passages": [PASSAGE], "mesh_search_tickets": [TICKET]}
STORED = {
    "file_id": "file-1",
    "filename": "handbook.pdf",
    "score": 0.83,
    "attributes": {"url": "https://wiki.example/handbook"},
    "content": [{"type": "text", "text": "Proxies are kept for ninety days."}],
}


def states(model: str | None = MODEL, dimensions: int | None = 3) -> list[dict[str, Any]]:
    return [
        {"source": source, "entries": 5, "model": model, "dimensions": dimensions}
        for source in ("documents", "tickets", "commits", "code")
    ]


def postgrest(request: Request) -> Reply:
    name = request.path.partition("?")[0].rpartition("/")[2]
    if name == "mesh_source_states":
        return Reply(body=states())
    if name == "mesh_tickets":
        return Reply(body=[{**TICKET, "score": None}])
    if name == "mesh_count_tickets":
        return Reply(body=[{"dimension": "total", "value": None, "count": 0}])
    return Reply(body=ROWS[name])


def model_answer(**changes: Any) -> dict[str, Any]:
    part = {"type": "output_text", "text": "Ninety days [1].", "annotations": []}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    return {
        "id": "r",
        "object": "response",
        "status": "completed",
        "incomplete_details": None,
        "output": [{**message, "content": [part]}],
        **changes,
    }


def openai(request: Request) -> Reply:
    if request.path.endswith("/embeddings"):
        entry = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25, -1.0]}
        return Reply(body={"object": "list", "data": [entry], "model": MODEL})
    if request.path.endswith("/search"):
        page = {"object": "vector_store.search_results.page", "data": [STORED], "has_more": False}
        return Reply(body={**page, "search_query": ["q"], "next_page": None})
    if request.path.endswith("/responses"):
        return Reply(body=model_answer())
    if "/vector_stores/" in request.path:
        counts = {"completed": 4, "total": 4, "failed": 0, "in_progress": 0, "cancelled": 0}
        return Reply(body={"id": "vs_1", "object": "vector_store", "file_counts": counts})
    return Reply(body={"id": MODEL, "object": "model", "created": 1, "owned_by": "openai"})


@dataclass
class Parameters:
    """SSM, as the function sees it; counts its reads."""

    values: dict[str, str] = field(
        default_factory=lambda: {
            "/mesh/test/openai-api-key": "sk-canary-openai",
            "/mesh/test/supabase-key": "sb_publishable_canary-publishable",
            "/mesh/test/supabase-token": jwt(),
        }
    )
    reads: list[str] = field(default_factory=list)

    def read(self, name: str) -> str:
        self.reads.append(name)
        if name not in self.values:
            raise ParameterUnavailableError(
                f"SSM parameter {name} could not be read: ParameterNotFound"
            )
        return self.values[name]
