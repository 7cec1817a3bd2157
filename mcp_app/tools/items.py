"""`search` and `fetch`, in the form that ChatGPT's connectors and deep research ask for.

https://developers.openai.com/api/docs/mcp: one argument each, and a result whose text is JSON.
"""

from __future__ import annotations

from typing import Annotated

from fastmcp.exceptions import ToolError
from fastmcp.tools import tool
from pydantic import Field, StringConstraints

from mcp_app.deployment import current_deployment
from mcp_app.interface.annotations import READ_ONLY
from mcp_app.interface.tool_errors import searching
from mcp_app.interface.tool_parameters import CLEAN, Query
from mcp_app.interface.tool_results import Document, Result, Results
from mcp_app.knowledge import items

SOURCE = ("documents", "tickets", "commits", "code")
RESULTS = 10


@tool(title="Search everything", annotations=READ_ONLY)
async def search(query: Query) -> Results:
    """Find documents, tickets, commits and code files by their words, and read one with `fetch`."""
    with searching():
        deployment = current_deployment()
        hits, reports = await items.search(
            deployment.backend, query, deadline=deployment.deadline(), max_results=RESULTS
        )
    results: list[Result] = [
        {"id": items.id_of(hit), "title": hit.title, "url": hit.link or ""} for hit in hits
    ]
    failed = [f"{one.source}: {one.error}" for one in reports if one.status == "failed"]
    return {"results": results, "failed": failed} if failed else {"results": results}


@tool(title="Read one result", annotations=READ_ONLY)
async def fetch(
    id: Annotated[  # noqa: A002 - the connector's name for it
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
        CLEAN,
        Field(description="An id of `search`, a `next_id`, or e.g. documents: and a hit's id."),
    ],
) -> Document:
    """Read a document, ticket, commit or code file, page by page.

    `metadata.pages` says how many pages there are, `metadata.next_id` is the id of the next one.
    The id of a passage gives its document.
    """
    source, within, page = items.split(id)
    with searching():
        deployment = current_deployment()
        found = await deployment.backend.get_item(source, within, deadline=deployment.deadline())
    given = None if found is None else items.described(found, source, page)
    if given is None:
        raise ToolError(
            "id: there is nothing with this id here, or it may not be seen with this credential. "
            "Take an id from search."
        )
    document: Document = given  # type: ignore[assignment]  # plain data of that form
    return document
