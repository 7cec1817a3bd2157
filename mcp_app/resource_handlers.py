"""`resources/list` and `resources/read`, where FastMCP's own are not enough.

FastMCP lists what is registered. Documents are listed too, page by page as the backend gives
them: there may be thousands, and which of them a caller may see is the backend's to know.
https://modelcontextprotocol.io/specification/2026-07-28/server/resources
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import quote

import mcp_types
from fastmcp import FastMCP
from fastmcp.exceptions import DisabledError, NotFoundError
from fastmcp.resources.template import ResourceTemplate
from fastmcp.server.middleware import CallNext, Middleware, MiddlewareContext
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, PaginatedRequestParams
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from mcp_app.deployment import current_deployment
from mcp_app.interface.icons import icons
from mcp_app.interface.resource_errors import NoSuchResourceError
from mcp_app.knowledge.errors import SearchTimeoutError, SourceUnavailableError
from mcp_app.knowledge.results import DocumentEntry

PAGE = 100
DOCUMENTS = "aoma://docs/"
# What a cursor into the documents begins with; FastMCP's own begin otherwise.
MARK = "documents."
# Of the protocols with a handshake, which name this code; since then it is -32602.
# https://modelcontextprotocol.io/specification/2025-11-25/server/resources#error-handling
RESOURCE_NOT_FOUND = -32002
_MISSING = (NotFoundError, DisabledError, NoSuchResourceError)


class SlashesInTemplates(Middleware):
    """Shows `{path*}` to clients as `{+path}`.

    FastMCP's way to write a parameter that takes slashes means something else in RFC 6570:
    clients that follow it would write `%2F` for each.
    https://datatracker.ietf.org/doc/html/rfc6570#section-3.2.3
    """

    async def on_list_resource_templates(
        self,
        context: MiddlewareContext[mcp_types.ListResourceTemplatesRequest],
        call_next: CallNext[mcp_types.ListResourceTemplatesRequest, Sequence[ResourceTemplate]],
    ) -> Sequence[ResourceTemplate]:
        """Rewrite the addresses that are listed, and nothing else."""
        return [
            template.model_copy(update={"uri_template": shown(template.uri_template)})
            for template in await call_next(context)
        ]


def shown(template: str) -> str:
    """A template's address as RFC 6570 writes it: `{+path}` for `{path*}`."""
    head, opened, rest = template.partition("{")
    if not opened:
        return head
    name, _, tail = rest.partition("}")
    plain = name.removesuffix("*")
    return f"{head}{{{'+' if plain != name else ''}{plain}}}{shown(tail)}"


def _cursor(after: str) -> str:
    return MARK + base64.urlsafe_b64encode(after.encode()).decode()


def _after(cursor: str) -> str:
    """The id of the document that the page before ended with."""
    try:
        return base64.b64decode(cursor.removeprefix(MARK), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise MCPError(
            code=INVALID_PARAMS, message="The cursor is not one that this server gave."
        ) from None


def _listed(entry: DocumentEntry) -> mcp_types.Resource:
    return mcp_types.Resource(
        uri=DOCUMENTS + quote(entry.id, safe="/"),
        name=entry.id,
        title=entry.title,
        description=f"A document of {entry.corpus}.",
        mime_type="text/markdown",
        icons=icons("documents"),
    )


async def _documents(after: str | None) -> tuple[list[mcp_types.Resource], str | None]:
    """A page of documents, and the cursor of the next."""
    deployment = current_deployment()
    try:
        found = await deployment.backend.list_documents(
            deadline=deployment.deadline(), after=after, limit=PAGE + 1
        )
    except (SourceUnavailableError, SearchTimeoutError) as error:
        raise MCPError(code=INTERNAL_ERROR, message=str(error)) from error
    page = list(found or ())[:PAGE]
    more = len(found or ()) > PAGE
    return [_listed(entry) for entry in page], _cursor(page[-1].id) if more else None


def serve_resources(server: FastMCP, *, documents: bool) -> None:
    """Put these handlers into a server whose resources are registered.

    Args:
        server: where.
        documents: whether this deployment has documents.
    """
    list_registered, read = server._on_list_resources, server._on_read_resource  # noqa: SLF001 - the SDK has no public way

    async def on_list(
        ctx: ServerRequestContext, params: PaginatedRequestParams | None
    ) -> mcp_types.ListResourcesResult:
        cursor = params.cursor if params else None
        in_documents = documents and cursor is not None and cursor.startswith(MARK)
        # Asked in any case: FastMCP's middleware, access control in it, runs within.
        listed = await list_registered(ctx, None if in_documents else params)
        if in_documents and cursor is not None:
            page, following = await _documents(_after(cursor))
            return mcp_types.ListResourcesResult(resources=page, next_cursor=following)
        if not documents or listed.next_cursor is not None:
            return listed
        page, following = await _documents(None)
        return listed.model_copy(
            update={"resources": [*listed.resources, *page], "next_cursor": following}
        )

    async def on_read(
        ctx: ServerRequestContext, params: mcp_types.ReadResourceRequestParams
    ) -> mcp_types.ReadResourceResult | mcp_types.InputRequiredResult:
        try:
            result = await read(ctx, params)
        except MCPError as error:
            if not isinstance(error.__cause__, _MISSING):
                raise
            modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
            raise MCPError(
                code=INVALID_PARAMS if modern else RESOURCE_NOT_FOUND,
                message=f"Resource not found: {params.uri[:200]!r}",
                data={"uri": params.uri},
            ) from error
        if isinstance(result, mcp_types.ReadResourceResult) and not params.uri.startswith(
            DOCUMENTS
        ):
            # Documents change with a deployment; what a function computes is of this moment.
            return result.model_copy(update={"ttl_ms": 0})
        return result

    low_level = server._mcp_server  # noqa: SLF001 - FastMCP hands it out in no other way
    low_level.add_request_handler("resources/list", PaginatedRequestParams, on_list)
    low_level.add_request_handler("resources/read", mcp_types.ReadResourceRequestParams, on_read)
