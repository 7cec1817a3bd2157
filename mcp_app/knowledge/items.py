"""Documents, tickets, commits and code under one kind of id, as `search` and `fetch` need them.

An id is the source and the id within it, such as `tickets:AOMA-12`. It is the same in every build.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mcp_app.deadline import Deadline
from mcp_app.knowledge.analysis import Search, all_asked
from mcp_app.knowledge.backend import Backend
from mcp_app.knowledge.errors import NoSourceAnsweredError
from mcp_app.knowledge.item import Item
from mcp_app.knowledge.results import CodeFile, Passage, SourceReport
from mcp_app.knowledge.scope import SOURCES, visible

# Characters on a page, about 3,000 tokens of English.
PAGE = 10_000
# The end of an id that names a page after the first.
_PAGE = re.compile(r"(.*)\?page=([1-9][0-9]{0,5})", re.DOTALL)


def id_of(hit: Any) -> str:
    """The id of what a hit is a part of."""
    match hit:
        case Passage():
            return f"documents:{hit.document}"
        case CodeFile():
            return f"code:{hit.repository}/{hit.path}"
        case _:
            return f"{hit.source}:{hit.id}"


async def search(
    backend: Backend, query: str, *, deadline: Deadline, max_results: int
) -> tuple[list[Any], tuple[SourceReport, ...]]:
    """Hits of every source that the caller may see, one of each item, in turn.

    Scores of several sources are not comparable, so none is preferred.

    Raises:
        NoSourceAnsweredError: no source could be asked.
    """
    limits: dict[str, Any] = {"deadline": deadline, "max_results": max_results}
    searches: Mapping[str, Search] = {
        "documents": lambda: backend.search_documents(query, **limits),
        "tickets": lambda: backend.search_tickets(query, **limits),
        "commits": lambda: backend.search_commits(query, **limits),
        "code": lambda: backend.search_code(query, **limits),
    }
    wanted = visible(backend.available())
    if not wanted:
        return [], ()
    found, reports = await all_asked(
        {name: one for name, one in searches.items() if name in wanted}, deadline
    )
    if not found:
        raise NoSourceAnsweredError({source.source: source.error or "" for source in reports})
    lists = [[*result.hits] for result in found.values()]
    items: dict[str, Any] = {}
    for place in range(max(map(len, lists))):
        for hits in lists:
            if place < len(hits):
                items.setdefault(id_of(hits[place]), hits[place])
    return [*items.values()][:max_results], reports


def split(given: str) -> tuple[str, str, int]:
    """Source, id within it, and page of an id; one without a source is a document's."""
    page = _PAGE.fullmatch(given)
    whole, number = (page[1], int(page[2])) if page else (given, 1)
    source, colon, rest = whole.partition(":")
    return (source, rest, number) if colon and source in SOURCES else ("documents", whole, number)


def pages(text: str) -> list[str]:
    """A text in pages that end where a paragraph, a line or a word does; joined, they are it."""
    found = []
    while len(text) > PAGE:
        end = PAGE
        for sign in ("\n\n", "\n", " "):
            place = text.rfind(sign, PAGE // 2, PAGE)
            if place > 0:
                end = place + len(sign)
                break
        found.append(text[:end])
        text = text[end:]
    return [*found, text]


def described(item: Item, source: str, number: int) -> dict[str, Any] | None:
    """A page of an item, as `fetch` gives it; None if it has no such page."""
    every = pages(item.text)
    if number > len(every):
        return None
    whole = f"{source}:{item.id}"
    more = f"{whole}?page={number + 1}" if number < len(every) else None
    facts = {
        "source": source,
        "within": item.within,
        "date": item.date,
        "page": number,
        "pages": len(every),
        "next_id": more,
    }
    return {
        "id": whole if number == 1 else f"{whole}?page={number}",
        "title": item.title,
        "text": every[number - 1],
        "url": item.link or "",
        "metadata": {name: value for name, value in facts.items() if value is not None},
    }
