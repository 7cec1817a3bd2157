"""Supabase and OpenAI, as one deployment asks them; importing this imports their clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from mcp_app import lean
from mcp_app.deadline import Deadline
from mcp_app.knowledge.results import Passage
from mcp_app.knowledge.supabase.client import SupabaseService
from mcp_app.secrets import Secret
from mcp_app.supabase_settings import SupabaseSettings

with lean.openai_imports():
    from mcp_app.knowledge.openai_api import embeddings, responses, vector_store
    from mcp_app.knowledge.openai_api.client import OpenAIService


class Services:
    """Both services with their secrets and connections.

    Args:
        settings: their addresses, models and parameters.
        read: gives the value of an SSM parameter.
    """

    def __init__(self, settings: SupabaseSettings, read: Callable[[str], str]) -> None:
        def secret(parameter: str) -> Secret:
            return Secret(parameter, ttl_seconds=settings.secrets_ttl_seconds, read=read)

        self._settings = settings
        self._embeddings: dict[tuple[str, Deadline], asyncio.Task[str]] = {}
        self.supabase = SupabaseService(
            settings.url, secret(settings.key_parameter), secret(settings.token_parameter)
        )
        self._openai = OpenAIService(settings.openai_url, secret(settings.openai_key_parameter))

    async def embed(self, query: str, deadline: Deadline) -> str:
        """The query's embedding, as PostgreSQL reads it.

        Searches of one call, which share its deadline, share one request for it.
        """
        key = (query, deadline)
        asked = self._embeddings.get(key)
        if asked is None:
            asked = self._embeddings[key] = asyncio.create_task(self._embedded(query, deadline))
            asked.add_done_callback(partial(self._forget, key))
        # One search that is given up does not take the embedding from the others.
        return await asyncio.shield(asked)

    def _forget(self, key: tuple[str, Deadline], done: asyncio.Task[str]) -> None:
        del self._embeddings[key]
        if not done.cancelled():
            # Looked at here, should all who wanted it have been given up.
            done.exception()

    async def _embedded(self, query: str, deadline: Deadline) -> str:
        embedding = await embeddings.embed(
            self._openai,
            query,
            model=self._settings.embedding_model,
            dimensions=self._settings.embedding_dimensions,
            deadline=deadline,
        )
        # Nine digits are all that the four bytes of a number there hold.
        return f"[{','.join(f'{value:.9g}' for value in embedding)}]"

    async def search_store(
        self, store: str, query: str, *, max_results: int, threshold: float, deadline: Deadline
    ) -> tuple[Passage, ...]:
        """Passages of the vector store, best first."""
        found = await vector_store.search(
            self._openai,
            store,
            query,
            max_results=max_results,
            threshold=threshold,
            deadline=deadline,
        )
        return tuple(found)

    async def write(
        self, model: str, instructions: str, content: str, *, max_tokens: int, deadline: Deadline
    ) -> str:
        """What the model writes."""
        return await responses.write(
            self._openai,
            model=model,
            instructions=instructions,
            content=content,
            max_tokens=max_tokens,
            deadline=deadline,
        )

    async def check_model(self, model: str, deadline: Deadline) -> None:
        """Ask OpenAI about a model: nothing is cheaper that needs the key."""
        await self._openai.ask(
            lambda client: client.models.retrieve(model),
            about=f"the model {model}",
            deadline=deadline,
        )

    async def check_store(self, store: str, deadline: Deadline) -> int:
        """How many files of the vector store are ready to be searched."""
        found = await self._openai.ask(
            lambda client: client.vector_stores.retrieve(store),
            about=f"the vector store {store}",
            deadline=deadline,
        )
        return found.file_counts.completed

    async def close(self) -> None:
        """Close all connections."""
        await self.supabase.close()
        await self._openai.close()
