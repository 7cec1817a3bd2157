"""What a backend is: the one thing that tools ask, whichever stands behind it.

Two stand behind it: `mcp_app.knowledge.embedded`, the index in the zip, and
`mcp_app.knowledge.supabase`, which asks Supabase and OpenAI. Which of them is the
deployment's setting, and never changes by itself: a source that is down is an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from mcp_app.deadline import Deadline
from mcp_app.knowledge.item import Item
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
from mesh.runtime.record import Record

# Passages of one document among the hits, so that a long one leaves room for others.
PER_DOCUMENT = 2
# Places that a further passage of a document stands later; the same as in the database.
LATER = 5


class Strategy(Record):
    """How sure an answer has to be, and how much of it is shown.

    Attributes:
        threshold: the least `coverage` or `similarity` of a passage that counts as evidence.
        passages: how many are kept at most.
        answer_tokens: how long a model's answer may be.
    """

    threshold: float
    passages: int
    answer_tokens: int


class Backend(Protocol):
    """Where knowledge comes from.

    A caller that is limited to some sources (see `mcp_app.knowledge.scope`) gets from every
    method what it would get if there were no others.

    In every search, `mode` and `threshold` may be None: the backend's own then hold. All
    methods raise `SourceUnavailableError` when the only source asked cannot answer,
    `SearchTimeoutError` when the deadline passes, and `ValueError` for an argument that
    does not fit; the messages of all three are written for callers.

    Attributes:
        modes: how it can search, its default first.
        strategies: by name, `comprehensive`, `focused` and `rapid`.
        model: the model that writes answers; None where there is none.
    """

    modes: tuple[Mode, ...]
    strategies: Mapping[str, Strategy]
    model: str | None

    def available(self) -> frozenset[str]:
        """Names of the sources that are configured, of `documents`, `tickets`, `commits`, `code`.

        Asked once, at INIT; asks nothing over the network.
        """
        ...

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
        """Passages of documents, at most `per_document` of each.

        `context` brings passages forward and is no part of the query.
        """
        ...

    async def get_document(self, id: str, *, deadline: Deadline) -> Document | None:  # noqa: A002 - the word of every result
        """The whole document with this id, or the one that a passage with it lies in; or None."""
        ...

    async def list_documents(
        self,
        *,
        deadline: Deadline,
        prefix: str = "",
        after: str | None = None,
        limit: int = 100,
    ) -> Sequence[DocumentEntry] | None:
        """Documents in the order of their ids; None where they are not counted.

        Args:
            deadline: when the call has to be over.
            prefix: only those whose id begins with this.
            after: only those whose id comes after this one.
            limit: how many at most.
        """
        ...

    async def get_item(self, source: str, id: str, *, deadline: Deadline) -> Item | None:  # noqa: A002 - the word of every result
        """The document, ticket, commit or code file with this id; None when there is none."""
        ...

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
        """Tickets; names in filters are compared without regard to case."""
        ...

    async def get_ticket(self, key: str, *, deadline: Deadline) -> Ticket | None:
        """The whole ticket with this key; None when there is none."""
        ...

    async def count_tickets(
        self,
        *,
        deadline: Deadline,
        project: str | None = None,
        status: Sequence[str] = (),
        priority: Sequence[str] = (),
    ) -> TicketCount:
        """How many tickets pass the filters."""
        ...

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
        """Git commits; see `mcp_app.knowledge.filters` for dates and patterns."""
        ...

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
        """Code files, each by the part of it that fits best."""
        ...

    async def write(
        self, instructions: str, content: str, *, max_tokens: int, deadline: Deadline
    ) -> str:
        """What the model writes; only where `model` is not None.

        Args:
            instructions: what the model is told by this server.
            content: the question and the numbered passages.
            max_tokens: length limit of all that it writes, what it only thinks included.
            deadline: when the call has to be over.

        Raises:
            UnusableAnswerError: it was cut off at `max_tokens`, declined, or is empty. What
                was written until then is never given: its end could change its meaning.
        """
        ...

    async def check(self, deadline: Deadline) -> list[SourceState]:
        """State of every source that is configured, asked in parallel; raises nothing."""
        ...

    async def newest(self, deadline: Deadline) -> str | None:
        """The latest date of anything that the caller may see, ISO 8601; None if unknown."""
        ...

    async def statistics(self, deadline: Deadline) -> Statistics | None:
        """What an index holds; None where that is not counted."""
        ...

    async def close(self) -> None:
        """Close what is open; the next use opens it again."""
        ...
