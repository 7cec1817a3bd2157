"""What all sources hold on a development task, asked in parallel, and an analysis of it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp_app.deadline import Deadline
from mcp_app.knowledge.answers import citations, missing, search_deadline
from mcp_app.knowledge.backend import Backend
from mcp_app.knowledge.errors import (
    NoSourceAnsweredError,
    SearchTimeoutError,
    SourceUnavailableError,
)
from mcp_app.knowledge.results import (
    AnswerStatus,
    DevelopmentAnalysis,
    DevelopmentFindings,
    Evidence,
    Findings,
    SearchResult,
    SourceReport,
)
from mcp_app.knowledge.scope import visible

# Its threshold and number of hits hold for every source: a task is looked at from all sides.
STRATEGY = "comprehensive"

type Search = Callable[[], Awaitable[SearchResult[Any]]]


async def analyse(
    backend: Backend,
    current_task: str,
    *,
    deadline: Deadline,
    code_context: str = "",
    system_area: str | None = None,
    urgency: str = "medium",
) -> DevelopmentAnalysis:
    """Ask every source that is configured about a task, and give what reaches the threshold.

    Only the task is searched for. The code and the area say what it is about: they bring
    documents forward, and are given to the model, but nothing has to cover them. Urgency
    is for the model alone: evidence is no different in a hurry.

    Args:
        backend: where to look.
        current_task: what is to be done.
        deadline: when the analysis has to be there.
        code_context: code that it is about.
        system_area: the part of the system, such as "backend".
        urgency: "low", "medium", "high" or "critical".

    Raises:
        NoSourceAnsweredError: no source could be asked. One of several that fails is named
            in the result instead.
    """
    began = time.monotonic()
    chosen = backend.strategies[STRATEGY]
    within = deadline if backend.model is None else search_deadline(deadline)
    limits: dict[str, Any] = {
        "deadline": within,
        "max_results": chosen.passages,
        "threshold": chosen.threshold,
    }
    context = " ".join(filter(None, (system_area, code_context)))
    searches: dict[str, Search] = {
        "documents": lambda: backend.search_documents(current_task, context=context, **limits),
        "tickets": lambda: backend.search_tickets(current_task, **limits),
        "commits": lambda: backend.search_commits(current_task, **limits),
        "code": lambda: backend.search_code(current_task, **limits),
    }
    available = visible(backend.available())
    found, sources = await all_asked(
        {name: search for name, search in searches.items() if name in available}, within
    )
    if not found:
        raise NoSourceAnsweredError({source.source: source.error or "" for source in sources})
    evidence: list[Evidence] = [hit for result in found.values() for hit in result.hits]
    status: AnswerStatus = "evidence_only" if evidence else "no_evidence"
    text, cited = None, None
    reason = None if evidence else _reason(found) + missing(sources)
    if evidence and backend.model is not None:
        # Not imported where there is no model: a cold start does without.
        from mcp_app.knowledge.prompts import ANALYSIS
        from mcp_app.knowledge.writing import write

        writing = await write(
            backend,
            ANALYSIS,
            {
                "task": current_task,
                "code_context": code_context,
                "system_area": system_area or "",
                "urgency": urgency,
            },
            evidence,
            max_tokens=chosen.answer_tokens,
            deadline=deadline,
        )
        status, text, reason = writing.status, writing.answer, writing.reason
        cited = writing.cited if text is not None else None
        sources = (*sources, writing.report)
    return DevelopmentAnalysis(
        current_task=current_task,
        system_area=system_area,
        urgency=urgency,
        status=status,
        grounded=status not in {"no_evidence", "not_in_passages"},
        answer=text,
        model=backend.model if evidence else None,
        findings=DevelopmentFindings(**{name: _findings(found[name]) for name in found}),
        citations=citations(evidence, cited),
        reason=reason,
        threshold=chosen.threshold,
        sources=sources,
        elapsed_ms=round((time.monotonic() - began) * 1000, 2),
    )


async def all_asked(
    searches: Mapping[str, Search], deadline: Deadline
) -> tuple[dict[str, SearchResult[Any]], tuple[SourceReport, ...]]:
    """Results of the sources that answered, by name, and how all of them did."""
    try:
        from asyncio import TaskGroup  # other tools do without

        async with TaskGroup() as group:
            tasks = {
                name: group.create_task(_asked(name, search, deadline))
                for name, search in searches.items()
            }
    except ExceptionGroup as failures:
        # One search's error is the call's: an argument that does not fit, or a mistake.
        raise failures.exceptions[0] from failures
    outcomes = {name: task.result() for name, task in tasks.items()}
    found = {name: one for name, one in outcomes.items() if isinstance(one, SearchResult)}
    reports: list[SourceReport] = []
    for one in outcomes.values():
        reports += one.sources if isinstance(one, SearchResult) else (one,)
    return found, tuple(reports)


async def _asked(
    source: str, search: Search, deadline: Deadline
) -> SearchResult[Any] | SourceReport:
    """A source's result, or how it failed."""
    began = time.monotonic()
    try:
        from asyncio import timeout

        # The backend keeps to the deadline itself; this is for one that does not.
        async with timeout(deadline.remaining()):
            return await search()
    except TimeoutError:
        error = str(SearchTimeoutError(source, deadline.seconds))
    except (SourceUnavailableError, SearchTimeoutError) as failure:
        error = str(failure)
    return SourceReport(
        source=source,
        status="failed",
        hits=0,
        latency_ms=round((time.monotonic() - began) * 1000, 2),
        error=error,
    )


def _findings(result: SearchResult[Any]) -> Findings[Any]:
    return Findings(
        hits=result.hits,
        mode=result.mode,
        threshold=result.threshold,
        candidates=result.candidates,
        reason=result.reason,
    )


def _reason(found: Mapping[str, SearchResult[Any]]) -> str:
    """Why no source has evidence, in the words of each."""
    return " ".join(f"{name}: {result.reason}" for name, result in found.items())
