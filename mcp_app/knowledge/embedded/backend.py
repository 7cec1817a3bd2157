"""The embedded backend: the index in the zip, asked in a worker thread."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import replace
from typing import Any

import mesh
from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import PER_DOCUMENT, Strategy
from mcp_app.knowledge.embedded.index import EVERYTHING, LIMIT_SECONDS, EmbeddedIndex, open_index
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
    SourceReport,
    SourceState,
    Statistics,
    Ticket,
    TicketCount,
    TicketHit,
)
from mcp_app.knowledge.scope import SOURCES, demand, parts
from mesh.runtime.concurrency.event_loop import in_thread

_NO_TICKETS = ("tickets", "the index holds no Jira export", "Build the zip with --jira FILE.")
# What a search asks for where its caller names no threshold.
COVERAGE = 0.3


class EmbeddedBackend:
    """The index behind a lock, opened at first use; a `Backend`.

    A failed opening is not remembered: the next call tries again and reports afresh.

    Args:
        path: the index file in the task root.
    """

    modes: tuple[Mode, ...] = ("keyword",)
    model: str | None = None
    # Of 266 judged questions over eight corpora in five languages, this many got evidence, by
    # threshold .40, .60 and .70. In the documents' own words: 103, 97 and 95 of 106. In other
    # words: 73, 38 and 23 of 106. Near the subject and not in the documents: 17, 5 and none of
    # 42. About something else: 1, none and none of 12. `make bench-retrieval` counts them again.
    # Words alone cannot tell a question in other words from one without an answer.
    # The original's numbers of passages are kept; its .60, .70 and .80 were cosines.
    strategies: Mapping[str, Strategy] = {
        "comprehensive": Strategy(threshold=0.40, passages=5, answer_tokens=2000),
        "focused": Strategy(threshold=0.60, passages=3, answer_tokens=1000),
        "rapid": Strategy(threshold=0.70, passages=2, answer_tokens=500),
    }

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._index: EmbeddedIndex | None = None

    def index(self) -> EmbeddedIndex:
        """The open index.

        Raises:
            SourceUnavailableError: the file is missing, damaged, or of another schema.
        """
        with self._lock:
            if self._index is None:
                self._index = open_index(self._path)
            return self._index

    async def close(self) -> None:
        """Close what is open; the next use opens it again."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    def _counts(self) -> dict[str, int]:
        return self._counted(EVERYTHING)

    def _counted(self, scope: Mapping[str, frozenset[str] | None]) -> dict[str, int]:
        statistics = self.index().statistics(scope)
        return {
            "documents": statistics.documents,
            "tickets": statistics.tickets,
            "commits": statistics.commits,
            "code": statistics.code_files,
        }

    def available(self) -> frozenset[str]:
        """Names of the sources that hold anything; all of them when the index cannot be read.

        A source that was never configured is not offered. One that is broken is, so that
        callers are told so instead of missing a tool.
        """
        try:
            counts = self._counts()
        except SourceUnavailableError:
            return frozenset({"documents", "tickets", "commits", "code"})
        return frozenset(name for name, count in counts.items() if count)

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
        """See `Backend`."""
        return await self._search(
            "documents",
            lambda index: index.search_documents,
            deadline,
            mode,
            query,
            context=context,
            max_results=max_results,
            per_document=per_document,
            threshold=COVERAGE if threshold is None else threshold,
        )

    async def get_document(self, id: str, *, deadline: Deadline) -> Document | None:  # noqa: A002 - see `Backend`
        """See `Backend`."""
        corpora = parts("documents")

        def read() -> Document | None:
            limit = deadline.remaining(LIMIT_SECONDS)
            return self.index().get_document(id, limit, corpora)

        return await in_thread(read)

    async def list_documents(
        self,
        *,
        deadline: Deadline,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[DocumentEntry]:
        """See `Backend`."""
        corpora = parts("documents")

        def read() -> Sequence[DocumentEntry]:
            return self.index().list_documents(
                prefix=prefix,
                after=after or "",
                limit=limit,
                limit_seconds=deadline.remaining(LIMIT_SECONDS),
                parts=corpora,
            )

        return await in_thread(read)

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
            lambda index: index.search_commits,
            deadline,
            mode,
            query,
            repository=repository,
            author=author,
            date_from=date_from,
            date_to=date_to,
            file_pattern=file_pattern,
            max_results=max_results,
            threshold=COVERAGE if threshold is None else threshold,
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
            lambda index: index.search_code,
            deadline,
            mode,
            query,
            repository=repository,
            language=language,
            file_extension=file_extension,
            max_results=max_results,
            threshold=COVERAGE if threshold is None else threshold,
        )

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
            lambda index: _with_tickets(index).search_tickets,
            deadline,
            mode,
            query,
            project=project,
            status=status,
            priority=priority,
            max_results=max_results,
            threshold=COVERAGE if threshold is None else threshold,
        )

    async def get_ticket(self, key: str, *, deadline: Deadline) -> Ticket | None:
        """See `Backend`."""
        projects = parts("tickets")
        return await in_thread(lambda: _with_tickets(self.index()).get_ticket(key, projects))

    async def get_item(self, source: str, id: str, *, deadline: Deadline) -> Item | None:  # noqa: A002 - see `Backend`
        """See `Backend`."""
        if source not in self.available():
            return None
        if source == "documents":
            return of_document(await self.get_document(id, deadline=deadline))
        if source == "tickets":
            return of_ticket(await self.get_ticket(id, deadline=deadline))
        repositories = parts(source)
        return await in_thread(lambda: self.index().get_item(source, id, repositories))

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
        limit, projects = deadline.remaining(LIMIT_SECONDS), parts("tickets")
        return await in_thread(
            lambda: _with_tickets(self.index()).count_tickets(
                project=project,
                status=status,
                priority=priority,
                limit_seconds=limit,
                parts=projects,
            )
        )

    async def write(
        self, instructions: str, content: str, *, max_tokens: int, deadline: Deadline
    ) -> str:
        """See `Backend`; never called, since there is no model."""
        raise SourceUnavailableError(
            "model", "the embedded backend has none", "Deploy with backend = supabase."
        )

    async def _search[Hit](
        self,
        source: str,
        search: Callable[[EmbeddedIndex], Callable[..., SearchResult[Hit]]],
        deadline: Deadline,
        mode: Mode | None,
        *arguments: Any,
        **options: Any,
    ) -> SearchResult[Hit]:
        """Make a search in a worker thread, and add how the source did."""
        if mode not in {None, *self.modes}:
            raise ValueError(f"mode: {mode!r} needs embeddings; this deployment has keyword only.")
        demand(source)
        began, within = time.perf_counter(), parts(source)

        def run() -> SearchResult[Hit]:
            limit = deadline.remaining(LIMIT_SECONDS)
            return search(self.index())(*arguments, limit_seconds=limit, parts=within, **options)

        with mesh.span("embedded index", source=source):
            found = await in_thread(run)
        report = SourceReport(
            source=source,
            status="ok",
            hits=len(found.hits),
            latency_ms=_milliseconds(began),
        )
        return replace(found, sources=(report,))

    async def check(self, deadline: Deadline) -> list[SourceState]:
        """State of every source that is configured."""
        began = time.perf_counter()
        try:
            scope = {source: parts(source) for source in SOURCES}
            counts = await in_thread(lambda: self._counted(scope))
        except SourceUnavailableError as error:
            return [
                SourceState(
                    source="embedded index",
                    status="down",
                    latency_ms=_milliseconds(began),
                    error=str(error),
                )
            ]
        elapsed = _milliseconds(began)
        return [
            SourceState(source=name, status="ok", latency_ms=elapsed, entries=count)
            for name, count in counts.items()
            if count
        ]

    async def newest(self, deadline: Deadline) -> str | None:
        """See `Backend`."""
        scope = {source: parts(source) for source in SOURCES}
        try:
            return await in_thread(lambda: self.index().newest(scope))
        except SourceUnavailableError:
            return None

    async def statistics(self, deadline: Deadline) -> Statistics | None:
        """What the index holds; None when it cannot be read."""
        try:
            scope = {source: parts(source) for source in SOURCES}
            return await in_thread(lambda: self.index().statistics(scope))
        except SourceUnavailableError:
            return None


def _with_tickets(index: EmbeddedIndex) -> EmbeddedIndex:
    """The index; an error where no Jira export is in it, since nothing found would be a claim."""
    if not index.holds_tickets:
        raise SourceUnavailableError(*_NO_TICKETS)
    return index


def _milliseconds(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 2)
