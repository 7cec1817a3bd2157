"""Evidence for a question, with citations, or plainly none; an answer only from evidence."""

from __future__ import annotations

import time
from collections.abc import Container, Iterable, Sequence

from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import PER_DOCUMENT, Backend
from mcp_app.knowledge.results import (
    AnswerStatus,
    Citation,
    Evidence,
    KnowledgeAnswer,
    Passage,
    SearchResult,
    SourceReport,
)


async def answer(
    backend: Backend,
    query: str,
    *,
    deadline: Deadline,
    context: str = "",
    strategy: str = "focused",
    max_results: int = 10,
    per_document: int = PER_DOCUMENT,
) -> KnowledgeAnswer:
    """Look for evidence, and give it only if it is enough for the strategy.

    Where the deployment has a model, it is asked to answer from that evidence, and its
    answer is given only if its citations hold. Without evidence it is not asked.

    Args:
        backend: where to look.
        query: the question.
        deadline: when the answer has to be there.
        context: what it is about; brings passages forward, and is no part of the question
            that they have to cover.
        strategy: "comprehensive", "focused" or "rapid".
        max_results: passages at most; the strategy may keep fewer.
        per_document: passages of one document at most.

    Raises:
        ValueError: an unknown strategy, or `max_results` less than 1.
        SourceUnavailableError: no source of documents can be asked.
        SearchTimeoutError: the time for the search has passed.
    """
    began = time.monotonic()
    chosen = backend.strategies.get(strategy)
    if chosen is None:
        known = ", ".join(backend.strategies)
        raise ValueError(f"strategy: {strategy[:40]!r} is not known. Use one of {known}.")
    found = await backend.search_documents(
        query,
        deadline=deadline if backend.model is None else search_deadline(deadline),
        context=context,
        max_results=min(max_results, chosen.passages),
        per_document=per_document,
        threshold=chosen.threshold,
    )
    status: AnswerStatus = "evidence_only" if found.hits else "no_evidence"
    text, reason, cited = None, _reason(found), None
    sources = found.sources
    if found.hits and backend.model is not None:
        # Not imported where there is no model: a cold start does without.
        from mcp_app.knowledge.prompts import ANSWER
        from mcp_app.knowledge.writing import write

        writing = await write(
            backend,
            ANSWER,
            {"question": query, "context": context},
            found.hits,
            max_tokens=chosen.answer_tokens,
            deadline=deadline,
        )
        status, text, reason = writing.status, writing.answer, writing.reason
        cited = writing.cited if text is not None else None
        sources = (*sources, writing.report)
    return KnowledgeAnswer(
        query=query,
        strategy=strategy,
        status=status,
        grounded=status not in {"no_evidence", "not_in_passages"},
        answer=text,
        model=backend.model if found.hits else None,
        passages=found.hits,
        citations=citations(found.hits, cited),
        reason=reason,
        threshold=chosen.threshold,
        candidates=found.candidates,
        terms=found.terms,
        unknown_terms=found.unknown_terms,
        sources=sources,
        elapsed_ms=round((time.monotonic() - began) * 1000, 2),
    )


def search_deadline(deadline: Deadline) -> Deadline:
    """When the search has to be over, so that the model has time to write."""
    return deadline.part(0.5)


def citations(
    evidence: Sequence[Evidence], cited: Container[int] | None = None
) -> tuple[Citation, ...]:
    """The evidence by number; only the numbers that are cited, unless that is None."""
    return tuple(
        Citation(number=number, source=hit.source, id=hit.id, title=hit.title, link=hit.link)
        for number, hit in enumerate(evidence, 1)
        if cited is None or number in cited
    )


def missing(sources: Iterable[SourceReport]) -> str:
    """A sentence for each source that could not be asked, each after a blank."""
    return "".join(
        f" Not asked, so it may hold what is missing: {source.source} ({source.error})"
        for source in sources
        if source.status == "failed"
    )


def _reason(found: SearchResult[Passage]) -> str | None:
    """Why there is no evidence: in the search's words, with what it could not look at."""
    if found.reason is None:
        return None
    reason = found.reason
    if found.unknown_terms:
        reason += f" No document holds: {', '.join(found.unknown_terms)}."
    return reason + missing(found.sources)
