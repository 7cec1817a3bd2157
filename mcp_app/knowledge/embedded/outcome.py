"""What a search of the index gives: the hits that count, and why there are none."""

from __future__ import annotations

from collections.abc import Sequence

from mcp_app.knowledge.backend import LATER
from mcp_app.knowledge.embedded.rank.ranked import Ranked, Ranking
from mcp_app.knowledge.results import SearchResult


def check_limits(max_results: int, threshold: float) -> None:
    """Refuse limits of a search that mean nothing.

    Raises:
        ValueError: one of them is out of range.
    """
    if max_results < 1:
        raise ValueError(f"max_results: {max_results} is less than 1.")
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"threshold: {threshold} is not between 0 and 1.")


def best_of(
    entries: Sequence[Ranked],
    max_results: int,
    threshold: float,
    groups: Sequence[int] | None = None,
    per_group: int = 1,
) -> list[Ranked]:
    """The first entries that reach the threshold, at most `per_group` of each group.

    A further entry of a group stands `LATER` places later, after the first ones of other groups:
    who finds the wrong document first finds another one next.
    """
    chosen: list[tuple[int, Ranked]] = []
    taken: dict[int, int] = {}
    for entry in entries:
        if entry.coverage < threshold:
            continue
        before = 0
        if groups is not None:
            group = groups[entry.row]
            before = taken.get(group, 0)
            taken[group] = before + 1
            if before >= per_group:
                continue
        chosen.append((len(chosen) + LATER * before, entry))
        # No later entry can have a place before the last of these.
        if len(chosen) == max_results + LATER * (per_group - 1):
            break
    chosen.sort(key=lambda one: one[0])
    return [entry for _, entry in chosen[:max_results]]


def result_of[Hit](
    ranking: Ranking,
    hits: tuple[Hit, ...],
    threshold: float,
    source: str,
    candidates: int,
    allowed: set[int] | None = None,
) -> SearchResult[Hit]:
    """The result of a search; `candidates` were looked at, and `allowed` passed the filters."""
    reason = None
    if not ranking.terms:
        reason = "The query has no word to search for: it is empty, or only stop words and signs."
    elif allowed is not None and not allowed:
        reason = f"Nothing in the {source} passes the filters."
    elif not candidates:
        within = source if allowed is None else f"{source} that pass the filters"
        reason = f"None of the query's words is in the {within}."
    elif not hits:
        best = max(entry.coverage for entry in ranking.entries)
        reason = (
            f"No hit covers {threshold:.0%} of the query; the best of {candidates} "
            # Rounded down: 39.9 % is not said to be 40 %.
            f"covers {int(best * 100)}%."
        )
    return SearchResult(
        hits=hits,
        mode="keyword",
        candidates=candidates,
        terms=ranking.terms,
        unknown_terms=ranking.unknown,
        ignored_terms=ranking.ignored,
        threshold=threshold,
        # Filled in by the backend, which knows how long the call took.
        sources=(),
        reason=reason,
    )
