"""How Supabase and OpenAI are: all asked at once, each on its own clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from copy import replace
from typing import TYPE_CHECKING

from mcp_app.deadline import Deadline
from mcp_app.knowledge.calls import CallFailedError, milliseconds_since
from mcp_app.knowledge.results import SourceState
from mcp_app.knowledge.scope import parts, visible
from mcp_app.knowledge.supabase.embedding_guard import FUNCTION, EmbeddingGuard, Stored, stored
from mcp_app.knowledge.supabase.outcome import FailureLog
from mcp_app.supabase_settings import SupabaseSettings

if TYPE_CHECKING:
    from mcp_app.knowledge.supabase.services import Services


async def check(
    services: Services,
    settings: SupabaseSettings,
    guard: EmbeddingGuard,
    failure_log: FailureLog,
    deadline: Deadline,
) -> list[SourceState]:
    """State of each source of this deployment, of OpenAI, and of the vector store if there is one.

    The database is asked once for all of its sources: its latency is theirs.
    """

    async def state(source: str, ask: Callable[[], Awaitable[int | None]]) -> list[SourceState]:
        began = time.perf_counter()
        try:
            entries = await ask()
        except CallFailedError as failure:
            return [_down(source, failure, milliseconds_since(began), failure_log)]
        latency = milliseconds_since(began)
        return [_up(source, latency, entries, failure_log)]

    async def database() -> list[SourceState]:
        began = time.perf_counter()
        try:
            supabase = await services.supabase()
            found = stored(await supabase.call(FUNCTION, {}, deadline))
        except CallFailedError as failure:
            latency = milliseconds_since(began)
            return [_down(source, failure, latency, failure_log) for source in settings.sources]
        latency = milliseconds_since(began)
        return [_compared(source, found, latency) for source in settings.sources]

    def _compared(source: str, found: dict[str, Stored], latency: float) -> SourceState:
        try:
            guard.compare(source, found)
        except CallFailedError as failure:
            entries = found[source].entries if source in found else None
            return replace(_down(source, failure, latency, failure_log), entries=entries)
        return _up(source, latency, found[source].entries, failure_log)

    async def openai() -> None:
        # The answers' model is asked for too: a wrong name would show at the first answer.
        await services.check_model(settings.embedding_model, deadline)
        if settings.answer_model is not None:
            await services.check_model(settings.answer_model, deadline)

    hidden = {*settings.sources} - visible(settings.sources)
    asked = [database(), state("openai", openai)]
    store = settings.vector_store_id if parts("documents") is None else None
    if store is not None:
        asked.append(state("vector_store", lambda: services.check_store(store, deadline)))
    found = [one for states in await asyncio.gather(*asked) for one in states]
    # Of what a caller may not see, nothing is told.
    return [one for one in found if one.source not in hidden]


def _up(source: str, latency: float, entries: int | None, failure_log: FailureLog) -> SourceState:
    return SourceState(
        source=source,
        status="ok",
        latency_ms=latency,
        entries=entries,
        last_error=failure_log.last(source),
    )


def _down(
    source: str, failure: CallFailedError, latency: float, failure_log: FailureLog
) -> SourceState:
    failure_log.note(source, failure)
    return SourceState(
        source=source,
        status="down",
        latency_ms=latency,
        error=str(failure),
        last_error=failure_log.last(source),
    )
