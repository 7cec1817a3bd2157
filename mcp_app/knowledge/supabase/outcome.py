"""What came of asking one source, and what several of them make together."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from mcp_app.knowledge.calls import CallFailedError, milliseconds_since
from mcp_app.knowledge.errors import SourceUnavailableError
from mcp_app.knowledge.results import Mode, Passage, SearchResult, SourceReport
from mesh.runtime.record import Record

logger = logging.getLogger("mesh.source")


class Outcome[Hit](Record, kw_only=True):
    """Hits of one source, or why there are none to be had."""

    source: str
    hits: tuple[Hit, ...] = ()
    candidates: int | None = None
    latency_ms: float
    failure: CallFailedError | None = None

    def report(self, shown: int) -> SourceReport:
        """For the result, of which `shown` hits are this source's."""
        return SourceReport(
            source=self.source,
            status="ok" if self.failure is None else "failed",
            hits=shown,
            latency_ms=self.latency_ms,
            error=None if self.failure is None else str(self.failure),
        )


class FailureLog:
    """What last went wrong with each source on this instance, for health checks."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def note(self, source: str, failure: CallFailedError) -> None:
        """Remember it, with the time; and log it, for a partial result is no error."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._last[source] = f"{now}: {failure.reason}"
        logger.warning(
            "a source could not be asked",
            extra={"fields": {"source": source, "reason": failure.reason}},
        )

    def last(self, source: str) -> str | None:
        """What last went wrong and when; None when nothing did."""
        return self._last.get(source)

    async def outcome[Hit](
        self, source: str, ask: Callable[[], Awaitable[tuple[tuple[Hit, ...], int | None]]]
    ) -> Outcome[Hit]:
        """What comes of asking the source for hits and the number of candidates."""
        began = time.perf_counter()
        try:
            hits, candidates = await ask()
        except CallFailedError as failure:
            self.note(source, failure)
            return Outcome(source=source, latency_ms=milliseconds_since(began), failure=failure)
        return Outcome(
            source=source,
            hits=hits,
            candidates=candidates,
            latency_ms=milliseconds_since(began),
        )


def unavailable(outcomes: Sequence[Outcome[object]]) -> SourceUnavailableError:
    """The error of a call none of whose sources could be asked."""
    failures = [(one.source, one.failure) for one in outcomes if one.failure is not None]
    source, first = failures[0]
    reason = first.reason
    remedy = first.remedy
    for other, failure in failures[1:]:
        reason += f"; {other}: {failure.reason}"
        if failure.remedy not in remedy:
            remedy += f" {failure.remedy}"
    return SourceUnavailableError(source, reason, remedy)


def shares(counts: Sequence[int], room: int) -> list[int]:
    """How many of `counts` hits each source may show of `room`: in turn, one by one.

    Their scores are not comparable, so none is preferred.
    """
    shown = [0] * len(counts)
    while sum(shown) < min(room, sum(counts)):
        for number, count in enumerate(counts):
            if shown[number] < count and sum(shown) < room:
                shown[number] += 1
    return shown


def spread(hits: Sequence[Passage], per_document: int) -> tuple[Passage, ...]:
    """The hits, with at most so many of one document."""
    taken: Counter[str] = Counter()
    kept = []
    for hit in hits:
        taken[hit.document] += 1
        if taken[hit.document] <= per_document:
            kept.append(hit)
    return tuple(kept)


def merge[Hit](
    outcomes: Sequence[Outcome[Hit]],
    *,
    mode: Mode,
    threshold: float,
    max_results: int,
    terms: Sequence[str],
    ignored_terms: Sequence[str],
) -> SearchResult[Hit]:
    """The result of a search in these sources, each source's hits in their own order.

    Raises:
        SourceUnavailableError: none of them could be asked.
    """
    if all(one.failure is not None for one in outcomes):
        raise unavailable(outcomes)
    shown = shares([len(one.hits) for one in outcomes], max_results)
    hits = tuple(
        hit for one, count in zip(outcomes, shown, strict=True) for hit in one.hits[:count]
    )
    # With one of several sources missing nobody knows how many there were.
    counts = [one.candidates for one in outcomes if one.candidates is not None]
    reason = None
    if not hits:
        names = " and ".join(one.source for one in outcomes if one.failure is None)
        reason = f"Nothing in {names} reaches the threshold of {threshold:g}."
        missing = [one.source for one in outcomes if one.failure is not None]
        if missing:
            reason += f" {', '.join(missing)} could not be asked."
    return SearchResult(
        hits=hits,
        mode=mode,
        threshold=threshold,
        candidates=sum(counts) if len(counts) == len(outcomes) else None,
        terms=tuple(terms),
        ignored_terms=tuple(ignored_terms),
        sources=tuple(one.report(count) for one, count in zip(outcomes, shown, strict=True)),
        reason=reason,
    )
