"""A query's embedding, if the stored ones are of the same model."""

from __future__ import annotations

import asyncio

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.supabase.embedding_guard import FUNCTION, EmbeddingGuard, stored
from mcp_app.knowledge.supabase.services import Services


async def query_embedding(
    services: Services, guard: EmbeddingGuard, source: str, query: str, deadline: Deadline
) -> str:
    """The query's embedding, when it can be compared with the source's.

    Raises:
        CallFailedError: it cannot, or one of both services cannot be asked.
    """

    async def compare() -> None:
        supabase = await services.supabase()
        guard.compare(source, stored(await supabase.call(FUNCTION, {}, deadline)))

    failures: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            embedding = group.create_task(services.embed(query, deadline))
            if not guard.trusts(source):
                group.create_task(compare())
    except* CallFailedError as failed:
        failures.extend(failed.exceptions)
    if failures:
        raise failures[0]
    return embedding.result()
