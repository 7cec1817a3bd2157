"""Evidence for a question, with citations, or plainly none."""

from __future__ import annotations

import time

from mcp_app.deadline import Deadline
from mcp_app.knowledge.backend import Backend
from mcp_app.knowledge.results import Citation, KnowledgeAnswer


async def answer(
    backend: Backend,
    query: str,
    *,
    deadline: Deadline,
    context: str = "",
    strategy: str = "focused",
    max_results: int = 10,
) -> KnowledgeAnswer:
    """Look for evidence, and give it only if it is enough for the strategy.

    Args:
        backend: where to look.
        query: the question.
        deadline: when the answer has to be there.
        context: what it is about; brings passages forward, and is no part of the question
            that they have to cover.
        strategy: "comprehensive", "focused" or "rapid".
        max_results: passages at most; the strategy may keep fewer.

    Raises:
        ValueError: an unknown strategy, or `max_results` less than 1.
        SourceUnavailableError: no source of documents can be asked.
        SearchTimeoutError: the deadline has passed.
    """
    began = time.monotonic()
    chosen = backend.strategies.get(strategy)
    if chosen is None:
        known = ", ".join(backend.strategies)
        raise ValueError(f"strategy: {strategy[:40]!r} is not known. Use one of {known}.")
    found = await backend.search_documents(
        query,
        deadline=deadline,
        context=context,
        max_results=min(max_results, chosen.passages),
        threshold=chosen.threshold,
    )
    reason = found.reason
    if reason and found.unknown_terms:
        reason += f" No document holds: {', '.join(found.unknown_terms)}."
    return KnowledgeAnswer(
        query=query,
        strategy=strategy,
        status="evidence_only" if found.hits else "no_evidence",
        grounded=bool(found.hits),
        answer=None,
        model=None,
        passages=found.hits,
        citations=tuple(
            Citation(number=number, source=hit.source, id=hit.id, title=hit.title, link=hit.link)
            for number, hit in enumerate(found.hits, 1)
        ),
        reason=reason,
        threshold=chosen.threshold,
        candidates=found.candidates,
        terms=found.terms,
        unknown_terms=found.unknown_terms,
        sources=found.sources,
        elapsed_ms=round((time.monotonic() - began) * 1000, 2),
    )
