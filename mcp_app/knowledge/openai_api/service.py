"""All that is asked of OpenAI, its client imported without the types that nobody asks for."""

from __future__ import annotations

# openai looks into httpx wherever that is imported, be it by half: Supabase's client, which is
# made of it, may be imported in another thread while OpenAI is asked.
import httpx  # noqa: F401 - see above

from mesh.runtime import lean

with lean.openai_imports():
    from mcp_app.knowledge.openai_api import embeddings, responses, vector_store
    from mcp_app.knowledge.openai_api.client import OpenAIService

__all__ = ["OpenAIService", "embeddings", "responses", "vector_store"]
