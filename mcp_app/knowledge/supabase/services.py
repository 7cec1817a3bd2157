"""Supabase and OpenAI, as one deployment asks them; each one's client comes with its first call.

A client's import takes longer than any wait before it: meanwhile the secrets are read, and
while OpenAI works on an embedding, Supabase's client is imported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp_app.deadline import Deadline
from mcp_app.knowledge.results import Passage
from mcp_app.supabase_settings import SupabaseSettings
from mesh.runtime.access import caller
from mesh.runtime.aws.secrets import Secret
from mesh.runtime.garbage import imported

if TYPE_CHECKING:
    from mcp_app.knowledge.openai_api.client import OpenAIService
    from mcp_app.knowledge.supabase.client import SupabaseService

SUPABASE = "mcp_app.knowledge.supabase.client"
OPENAI = "mcp_app.knowledge.openai_api.service"


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
        self._key = secret(settings.key_parameter)
        self._token = secret(settings.token_parameter)
        self._openai_key = secret(settings.openai_key_parameter)
        self._supabase: SupabaseService | None = None
        self._openai: OpenAIService | None = None
        self._reading: set[asyncio.Task[str]] = set()
        # One after the other, in the order of who asks: together they would both be late.
        self._importing = asyncio.Lock()

    async def supabase(self) -> SupabaseService:
        """Supabase, connected."""
        if self._supabase is None:
            secrets = [self._key]
            if caller.current_caller().token is None:
                secrets.append(self._token)
            client = await self._imported(SUPABASE, secrets)
            # Another call may have made it while this one waited.
            if self._supabase is None:
                self._supabase = client.SupabaseService(self._settings.url, self._key, self._token)
        return self._supabase

    async def _models(self) -> tuple[OpenAIService, Any]:
        """OpenAI, connected, and the module with what it is asked by."""
        asked = await self._imported(OPENAI, [] if self._openai else [self._openai_key])
        if self._openai is None:
            self._openai = asked.OpenAIService(self._settings.openai_url, self._openai_key)
        return self._openai, asked

    async def _imported(self, module: str, secrets: list[Secret]) -> Any:
        """A module with clients, imported in a thread; the secrets are read at the same time."""
        for secret in secrets:
            task = asyncio.create_task(secret.value())
            self._reading.add(task)
            task.add_done_callback(self._read_ahead)
        async with self._importing:
            return await asyncio.to_thread(imported, module)

    def _read_ahead(self, done: asyncio.Task[str]) -> None:
        self._reading.discard(done)
        if not done.cancelled():
            # Looked at here; whoever needs the secret reads it, and says what is wrong.
            done.exception()

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
        openai, asked = await self._models()
        embedding = await asked.embeddings.embed(
            openai,
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
        openai, asked = await self._models()
        found = await asked.vector_store.search(
            openai,
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
        openai, asked = await self._models()
        written: str = await asked.responses.write(
            openai,
            model=model,
            instructions=instructions,
            content=content,
            max_tokens=max_tokens,
            deadline=deadline,
        )
        return written

    async def check_model(self, model: str, deadline: Deadline) -> None:
        """Ask OpenAI about a model: nothing is cheaper that needs the key."""
        openai, _ = await self._models()
        await openai.ask(
            lambda client: client.models.retrieve(model),
            about=f"the model {model}",
            deadline=deadline,
        )

    async def check_store(self, store: str, deadline: Deadline) -> int:
        """How many files of the vector store are ready to be searched."""
        openai, _ = await self._models()
        found = await openai.ask(
            lambda client: client.vector_stores.retrieve(store),
            about=f"the vector store {store}",
            deadline=deadline,
        )
        return found.file_counts.completed

    async def close(self) -> None:
        """Close all connections."""
        if self._supabase is not None:
            await self._supabase.close()
        if self._openai is not None:
            await self._openai.close()
