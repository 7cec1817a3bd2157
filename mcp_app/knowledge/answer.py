"""Evidence for a question, with citations, or plainly none. No model is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mcp_app.knowledge.index import LIMIT_SECONDS, EmbeddedIndex
from mcp_app.knowledge.results import Passage


class Strategy(NamedTuple):
    """How sure an answer has to be, and how much of it is shown.

    Attributes:
        threshold: the lowest coverage of a passage that counts as evidence.
        passages: how many are kept at most.
    """

    threshold: float
    passages: int


# Chosen on 144 judged questions over two corpora, the one in tests/knowledge and a
# framework's documentation of 505 files. Given evidence, by threshold .40 / .55 / .75:
# questions in the corpus's own words 49 / 49 / 47 of 49; in other words 39 / 32 / 17 of 49;
# about something else entirely 1 / 0 / 0 of 30; about something near that the corpus does
# not say 7 / 4 / 1 of 16. Words alone cannot do better at the last.
# The original's numbers of passages are kept; its .60, .70 and .80 were cosines.
STRATEGIES = {
    "comprehensive": Strategy(threshold=0.40, passages=5),
    "focused": Strategy(threshold=0.55, passages=3),
    "rapid": Strategy(threshold=0.75, passages=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A passage by its number in the answer, counted from 1."""

    number: int
    source: str
    id: str
    title: str
    link: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeAnswer:
    """Passages that are evidence for a query, each with its citation.

    Attributes:
        grounded: whether there is evidence; without it there are no passages either.
        reason: why not, in a sentence or two; None when grounded.
        threshold: the lowest coverage that counted.
        candidates: how many passages hold at least one of the words.
        unknown_terms: words of the query that no document holds.
    """

    query: str
    strategy: str
    grounded: bool
    passages: tuple[Passage, ...]
    citations: tuple[Citation, ...]
    reason: str | None
    threshold: float
    candidates: int
    terms: tuple[str, ...]
    unknown_terms: tuple[str, ...]


def answer(
    index: EmbeddedIndex,
    query: str,
    *,
    context: str = "",
    strategy: str = "focused",
    max_results: int = 10,
    limit_seconds: float = LIMIT_SECONDS,
) -> KnowledgeAnswer:
    """Look for evidence, and give it only if it is enough for the strategy.

    Args:
        index: where to look.
        query: the question.
        context: what it is about; brings passages forward, and is no part of the question
            that they have to cover.
        strategy: "comprehensive", "focused" or "rapid".
        max_results: passages at most; the strategy may keep fewer.
        limit_seconds: time limit of the search.

    Raises:
        ValueError: an unknown strategy, or `max_results` less than 1.
        SourceUnavailableError: the index cannot be read.
        SearchTimeoutError: it took longer than `limit_seconds`.
    """
    chosen = STRATEGIES.get(strategy)
    if chosen is None:
        known = ", ".join(STRATEGIES)
        raise ValueError(f"strategy: {strategy[:40]!r} is not known. Use one of {known}.")
    found = index.search_documents(
        query,
        context=context,
        max_results=min(max_results, chosen.passages),
        threshold=chosen.threshold,
        limit_seconds=limit_seconds,
    )
    reason = found.reason
    if reason and found.unknown_terms:
        reason += f" No document holds: {', '.join(found.unknown_terms)}."
    return KnowledgeAnswer(
        query=query,
        strategy=strategy,
        grounded=bool(found.hits),
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
    )
