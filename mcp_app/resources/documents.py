"""Documents, as Markdown text, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote

from fastmcp.resources import ResourceContent, ResourceResult, resource
from pydantic import Field

from mcp_app.deployment import current_deployment
from mcp_app.interface.resource_errors import NoSuchResourceError, reading
from mcp_app.knowledge.items import pages

SOURCE = "documents"
SUGGESTIONS = 101
DOCUMENTS = "aoma://docs/"


async def paths(typed: str) -> Sequence[str]:
    """Ids of the documents that begin with what was typed; one more than is ever shown."""
    deployment = current_deployment()
    found = await deployment.backend.list_documents(
        deadline=deployment.deadline(), prefix=typed, limit=SUGGESTIONS
    )
    return [entry.id for entry in found or ()]


COMPLETIONS = {"path": paths}


@resource(
    "aoma://docs/{path*}{?page}", name="document", title="Document", mime_type="text/markdown"
)
async def document(path: str, page: Annotated[int, Field(ge=1)] = 1) -> ResourceResult:
    """A document, by its id: `document` of a passage that a search found.

    The id of a passage gives the document that it lies in. A long document has several pages, the
    same as those of `fetch`. Each says at its end where the next one is.
    """
    with reading():
        deployment = current_deployment()
        found = await deployment.backend.get_document(path, deadline=deployment.deadline())
    every = [] if found is None else pages(found.text)
    if found is None or page > len(every):
        raise NoSuchResourceError
    about: dict[str, object] = {"title": found.title, "corpus": found.corpus, "link": found.link}
    text = every[page - 1]
    if len(every) > 1:
        about |= {"page": page, "pages": len(every)}
        text = f"{text.rstrip()}\n\n---\n\nPage {page} of {len(every)}."
        if page < len(every):
            about["next"] = f"{DOCUMENTS}{quote(found.id, safe='/')}?page={page + 1}"
            text += f" Next page: {about['next']}"
    return ResourceResult([ResourceContent(text, mime_type="text/markdown", meta=about)])
