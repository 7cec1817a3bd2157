"""Which parts of the sources the caller may see.

A key or a user may be limited to sources, such as `documents:handbook` or `tickets`. That is a
whole source, or a part of one: a corpus of documents, a project of tickets, or a repository of
commits and code.
"""

from __future__ import annotations

from collections.abc import Iterable

from mesh.runtime.access.caller import current_caller

SOURCES = ("documents", "tickets", "commits", "code")


def parts(source: str) -> frozenset[str] | None:
    """The parts of a source that the caller may see; None for all, empty for none."""
    allowed = current_caller().sources
    if allowed is None or source in allowed:
        return None
    start = f"{source}:"
    return frozenset(one.removeprefix(start) for one in allowed if one.startswith(start))


def sees(source: str, part: str) -> bool:
    """Whether the caller may see this part of a source."""
    allowed = parts(source)
    return allowed is None or part in allowed


def visible(sources: Iterable[str]) -> frozenset[str]:
    """Those of the sources of which the caller may see something."""
    return frozenset(one for one in sources if parts(one) is None or parts(one))


def demand(source: str) -> None:
    """Refuse a caller that may see nothing of a source, whatever is in it.

    Raises:
        ValueError: it is written for callers.
    """
    if not visible([source]):
        raise ValueError(
            f"{source}: this credential is limited to other sources. Ask whoever made it."
        )
