"""Whole documents, as Markdown text."""

from __future__ import annotations

from collections.abc import Sequence

from fastmcp.resources import ResourceContent, ResourceResult, resource

from mcp_app.deployment import current_deployment
from mcp_app.interface.resource_errors import NoSuchResourceError, reading

SOURCE = "documents"
SUGGESTIONS = 101


async def paths(typed: str) -> Sequence[str]:
    """Ids of the documents that begin with what was typed; one more than is ever shown."""
    deployment = current_deployment()
    found = await deployment.backend.list_documents(
        deadline=deployment.deadline(), prefix=typed, limit=SUGGESTIONS
    )
    return [entry.id for entry in found or ()]


COMPLETIONS = {"path": paths}


@resource("aoma://docs/{path*}", name="document", title="Document", mime_type="text/markdown")
async def document(path: str) -> ResourceResult:
    """A whole document, by its id: `document` of a passage that a search found.

    The id of a passage gives the document that it lies in.
    """
    with reading():
        deployment = current_deployment()
        found = await deployment.backend.get_document(path, deadline=deployment.deadline())
    if found is None:
        raise NoSuchResourceError
    about = {"title": found.title, "corpus": found.corpus, "link": found.link}
    return ResourceResult([ResourceContent(found.text, mime_type="text/markdown", meta=about)])
