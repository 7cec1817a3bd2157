"""The supabase backend: each search is one function of the database, asked over PostgREST."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import PER_DOCUMENT, Strategy
from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.item import Item, of_document, of_ticket
from mcp_app.knowledge.results import (
    CodeFile,
    Commit,
    Document,
    DocumentEntry,
    Mode,
    Passage,
    SearchResult,
    SourceState,
    Statistics,
    Ticket,
    TicketCount,
    TicketHit,
)
from mcp_app.knowledge.scope import demand, parts, visible
from mcp_app.knowledge.supabase import health, queries, rows
from mcp_app.knowledge.supabase.embedding_guard import EmbeddingGuard, query_embedding
from mcp_app.knowledge.supabase.outcome import FailureLog, Outcome, merge, spread
from mcp_app.knowledge.supabase.services import Services
from mcp_app.supabase_settings import SupabaseSettings
from mesh.runtime.aws.parameter_store import get_parameter

if TYPE_CHECKING:
    from mcp_app.knowledge.supabase.client import SupabaseService

VECTOR_STORE = "vector_store"
NO_WORDS = "The query has nothing to search for: it is empty, or only stop words and signs."
# The original's numbers of passages and lengths of answers.
ANSWERS = {"comprehensive": (5, 2000), "focused": (3, 1000), "rapid": (2, 500)}


class SupabaseBackend:
    """A `Backend`; its clients are imported and connected at the first call.

    Args:
        settings: addresses, models and the parameters of secrets.
        read_parameter: gives the value of an SSM parameter.
    """

    modes: tuple[Mode, ...] = ("hybrid", "semantic", "keyword")

    def __init__(
        self, settings: SupabaseSettings, read_parameter: Callable[[str], str] = get_parameter
    ) -> None:
        self._settings = settings
        self._read_parameter = read_parameter
        self._services: Services | None = None
        self._failure_log = FailureLog()
        self._guard = EmbeddingGuard(settings.embedding_model, settings.embedding_dimensions)
        self.model = settings.answer_model
        self.strategies: Mapping[str, Strategy] = {
            name: Strategy(settings.thresholds[name], passages, tokens)
            for name, (passages, tokens) in ANSWERS.items()
        }

    def services(self) -> Services:
        """Supabase and OpenAI, each connected when it is first asked."""
        if self._services is None:
            self._services = Services(self._settings, self._read_parameter)
        return self._services

    async def close(self) -> None:
        """Close the connections; the next use makes new ones."""
        services, self._services = self._services, None
        if services is not None:
            await services.close()

    def available(self) -> frozenset[str]:
        """The sources that this deployment is set to offer."""
        return frozenset(self._settings.sources)

    async def search_documents(
        self,
        query: str,
        *,
        deadline: Deadline,
        context: str = "",
        mode: Mode | None = None,
        max_results: int = 10,
        per_document: int = PER_DOCUMENT,
        threshold: float | None = None,
    ) -> SearchResult[Passage]:
        """See `Backend`; the vector store, where there is one, is asked by meaning only."""
        return await self._search(
            "documents",
            "mesh_search_passages",
            Passage,
            query,
            deadline=deadline,
            mode=mode,
            max_results=max_results,
            threshold=threshold,
            filters={"p_context": queries.clean(context), "p_per_document": per_document},
            # It holds no corpora that a caller could be limited to.
            store=self._settings.vector_store_id if parts("documents") is None else None,
        )

    async def get_document(self, id: str, *, deadline: Deadline) -> Document | None:  # noqa: A002 - see `Backend`
        """See `Backend`; a vector store's files are not among them."""
        from mcp_app.knowledge.supabase import documents  # 1 s

        asked = queries.clean(id)
        async with self._asking("documents") as supabase:
            return await documents.read(supabase, asked, deadline)

    async def list_documents(
        self,
        *,
        deadline: Deadline,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[DocumentEntry]:
        """See `Backend`; a vector store's files are not among them."""
        from mcp_app.knowledge.supabase import documents  # 1 s

        begin, last = queries.clean(prefix), queries.clean(after or "") or None
        async with self._asking("documents") as supabase:
            return await documents.entries(supabase, begin, last, limit, deadline)

    async def search_tickets(
        self,
        query: str,
        *,
        deadline: Deadline,
        project: str | None = None,
        status: Sequence[str] = (),
        priority: Sequence[str] = (),
        mode: Mode | None = None,
        max_results: int = 15,
        threshold: float | None = None,
    ) -> SearchResult[TicketHit]:
        """See `Backend`."""
        return await self._search(
            "tickets",
            "mesh_search_tickets",
            TicketHit,
            query,
            deadline=deadline,
            mode=mode,
            max_results=max_results,
            threshold=threshold,
            filters=queries.ticket_filters(project=project, status=status, priority=priority),
        )

    async def search_commits(
        self,
        query: str,
        *,
        deadline: Deadline,
        repository: Sequence[str] = (),
        author: Sequence[str] = (),
        date_from: str | None = None,
        date_to: str | None = None,
        file_pattern: str | None = None,
        mode: Mode | None = None,
        max_results: int = 15,
        threshold: float | None = None,
    ) -> SearchResult[Commit]:
        """See `Backend`."""
        return await self._search(
            "commits",
            "mesh_search_commits",
            Commit,
            query,
            deadline=deadline,
            mode=mode,
            max_results=max_results,
            threshold=threshold,
            filters=queries.commit_filters(
                repository=repository,
                author=author,
                date_from=date_from,
                date_to=date_to,
                file_pattern=file_pattern,
            ),
        )

    async def search_code(
        self,
        query: str,
        *,
        deadline: Deadline,
        repository: Sequence[str] = (),
        language: Sequence[str] = (),
        file_extension: Sequence[str] = (),
        mode: Mode | None = None,
        max_results: int = 15,
        threshold: float | None = None,
    ) -> SearchResult[CodeFile]:
        """See `Backend`."""
        return await self._search(
            "code",
            "mesh_search_code",
            CodeFile,
            query,
            deadline=deadline,
            mode=mode,
            max_results=max_results,
            threshold=threshold,
            filters={
                "p_repository": queries.names(repository),
                "p_language": queries.names(language),
                "p_extension": queries.names(file_extension),
            },
        )

    async def get_ticket(self, key: str, *, deadline: Deadline) -> Ticket | None:
        """See `Backend`."""
        table = "mesh_tickets"
        asked = queries.clean(key).strip().upper()
        async with self._asking("tickets") as supabase:
            answer = await supabase.rows_where(table, rows.TICKET_COLUMNS, "key", asked, deadline)
            found = [rows.ticket(row, table) for row in answer]
        return found[0] if found else None

    async def get_item(self, source: str, id: str, *, deadline: Deadline) -> Item | None:  # noqa: A002 - see `Backend`
        """See `Backend`."""
        if source not in self.available():
            return None
        if source == "documents":
            return of_document(await self.get_document(id, deadline=deadline))
        if source == "tickets":
            return of_ticket(await self.get_ticket(id, deadline=deadline))
        from mcp_app.knowledge.supabase import items  # 1 s

        asked = queries.clean(id)
        async with self._asking(source) as supabase:
            return await items.read(supabase, source, asked, deadline)

    async def newest(self, deadline: Deadline) -> str | None:
        """See `Backend`."""
        from mcp_app.knowledge.supabase import items  # 1 s

        wanted = visible(self.available())
        async with self._asking("database") as supabase:
            return await items.newest(supabase, wanted, deadline)

    async def count_tickets(
        self,
        *,
        deadline: Deadline,
        project: str | None = None,
        status: Sequence[str] = (),
        priority: Sequence[str] = (),
    ) -> TicketCount:
        """See `Backend`."""
        demand("tickets")
        function = "mesh_count_tickets"
        filters = queries.ticket_filters(project=project, status=status, priority=priority)
        async with self._asking("tickets") as supabase:
            return rows.ticket_count(await supabase.call(function, filters, deadline), function)

    async def write(
        self, instructions: str, content: str, *, max_tokens: int, deadline: Deadline
    ) -> str:
        """See `Backend`."""
        model = self.model
        if model is None:
            raise SourceUnavailableError("model", "none is configured", "Set AOMA_ANSWER_MODEL.")
        try:
            return await self.services().write(
                model,
                queries.clean(instructions),
                queries.clean(content),
                max_tokens=max_tokens,
                deadline=deadline,
            )
        except CallFailedError as failure:
            raise self._down("model", failure) from None

    async def check(self, deadline: Deadline) -> list[SourceState]:
        """See `Backend`."""
        return await health.check(
            self.services(), self._settings, self._guard, self._failure_log, deadline
        )

    async def statistics(self, deadline: Deadline) -> Statistics | None:
        """None: what the database holds is told by `check`."""
        return None

    @asynccontextmanager
    async def _asking(self, source: str) -> AsyncIterator[SupabaseService]:
        """Supabase, which alone can answer; when a call of it fails, `source` is unavailable."""
        try:
            yield await self.services().supabase()
        except CallFailedError as failure:
            raise self._down(source, failure) from None

    def _down(self, source: str, failure: CallFailedError) -> SourceUnavailableError:
        self._failure_log.note(source, failure)
        return SourceUnavailableError(source, failure.reason, failure.remedy)

    async def _search[Hit](
        self,
        source: str,
        function: str,
        kind: type[Hit],
        query: str,
        *,
        deadline: Deadline,
        mode: Mode | None,
        max_results: int,
        threshold: float | None,
        filters: Mapping[str, Any],
        store: str | None = None,
    ) -> SearchResult[Hit]:
        demand(source)
        chosen = mode or self.modes[0]
        if chosen not in self.modes:
            raise ValueError(f"mode: {chosen!r} is not known. Use one of {', '.join(self.modes)}.")
        query = queries.clean(query).strip()
        least = self._settings.thresholds["search"] if threshold is None else threshold
        terms, ignored = queries.terms(query) if chosen != "semantic" else ([], [])
        if not query or (chosen == "keyword" and not terms):
            return SearchResult(
                hits=(), mode=chosen, threshold=least, candidates=None, sources=(), reason=NO_WORDS
            )
        arguments = {
            "p_query": query,
            "p_mode": chosen,
            "p_limit": max_results,
            "p_threshold": least,
            **filters,
        }
        asked = [
            self._failure_log.outcome(
                source,
                partial(self._ranked, source, function, kind, arguments, chosen, deadline),
            )
        ]
        if store is not None and chosen != "keyword":
            ask = partial(
                self._stored, store, query, max_results, filters["p_per_document"], least, deadline
            )
            asked.append(self._failure_log.outcome(VECTOR_STORE, ask))
        outcomes: list[Outcome[Hit]] = await asyncio.gather(*asked)
        return merge(
            outcomes,
            mode=chosen,
            threshold=least,
            max_results=max_results,
            terms=terms,
            ignored_terms=ignored,
        )

    async def _ranked[Hit](
        self,
        source: str,
        function: str,
        kind: type[Hit],
        arguments: Mapping[str, Any],
        mode: Mode,
        deadline: Deadline,
    ) -> tuple[tuple[Hit, ...], int | None]:
        """Hits in the database and the number of candidates."""
        if mode != "keyword":
            embedding = await query_embedding(
                self.services(), self._guard, source, arguments["p_query"], deadline
            )
            arguments = {**arguments, "p_embedding": embedding}
        supabase = await self.services().supabase()
        found = await supabase.call(function, arguments, deadline)
        return rows.hits(kind, found, mode, function), rows.candidates(found, function)

    async def _stored(
        self,
        store: str,
        query: str,
        max_results: int,
        per_document: int,
        threshold: float,
        deadline: Deadline,
    ) -> tuple[tuple[Any, ...], int | None]:
        """Passages in the vector store, which does not tell how many it looked at."""
        found = await self.services().search_store(
            store, query, max_results=max_results, threshold=threshold, deadline=deadline
        )
        return spread(found, per_document), None
