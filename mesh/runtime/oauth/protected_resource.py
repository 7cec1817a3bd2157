"""What tells OAuth clients where to get a token for this server, and what was wrong with one.

The metadata of RFC 9728 and the challenge that points to it. Function URLs rename the
challenge's header, so clients of this server find the metadata at its well-known addresses.
https://www.rfc-editor.org/rfc/rfc9728
https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
"""

from __future__ import annotations

from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from mesh.runtime.config.oauth_settings import OAuthSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
# RFC 9728 puts the resource's path behind it; clients that find nothing there try without.
PATHS = (f"{WELL_KNOWN}/mcp", f"{WELL_KNOWN}/mcp/", WELL_KNOWN)
# Where clients look for an authorization server on the address of its resource.
# https://modelcontextprotocol.io/specification/2025-03-26/basic/authorization
AUTHORIZATION_SERVER_PATHS = (
    "/register",
    "/authorize",
    "/token",
    *(
        f"/.well-known/{name}{path}"
        for name in ("oauth-authorization-server", "openid-configuration")
        for path in ("", "/mcp")
    ),
)
CACHE = {"cache-control": "public, max-age=300"}


class Address(Record):
    """Where a request came in.

    Attributes:
        url: Of the server, as callers know it, with a slash at its end; a domain's, where it has
            one.
        called: Of the Function URL, which Lambda names; the Host header is the client's word.
    """

    url: str
    called: str

    @property
    def metadata_url(self) -> str:
        """Where clients find the metadata."""
        return f"{self.url}{PATHS[0].removeprefix('/')}"


def address_of(scope: Scope) -> Address:
    """Where this request came in."""
    from starlette.datastructures import Headers  # not on the fast path

    event = scope.get("aws.event") or {}
    domain = (event.get("requestContext") or {}).get("domainName")
    host = domain or Headers(scope=scope).get("host", "localhost")
    called = f"{scope.get('scheme', 'https')}://{host}/"
    return Address(str(scope.get("public_url") or called), called)


def audiences(settings: OAuthSettings, address: Address) -> tuple[str, ...]:
    """What a token may have been made for: what the settings say, or this very server.

    Behind a domain that is the Function URL too: tokens made for it before stay good.
    """
    if settings.audiences:
        return settings.audiences
    urls = dict.fromkeys((address.url, address.called))
    return tuple(name for url in urls for name in (f"{url}mcp", url, url.removesuffix("/")))


def metadata_document(settings: OAuthSettings, name: str, address: Address) -> dict[str, Any]:
    """The metadata of RFC 9728.

    Args:
        settings: Whose tokens are taken.
        name: The server's.
        address: Where it is asked for.
    """
    document: dict[str, Any] = {
        # Clients refuse metadata of another resource than the one that they called.
        # https://www.rfc-editor.org/rfc/rfc9728#section-3.3
        "resource": f"{address.url}mcp",
        "resource_name": name,
        "authorization_servers": [settings.issuer],
        "bearer_methods_supported": ["header"],
    }
    scopes = settings.supported()
    if scopes:
        document["scopes_supported"] = scopes
    return document


def metadata(settings: OAuthSettings, name: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of RFC 9728; public, since it tells strangers how to become callers."""
    from starlette.responses import JSONResponse  # not on the fast path

    async def endpoint(request: Request) -> Response:
        document = metadata_document(settings, name, address_of(request.scope))
        return JSONResponse(document, headers=CACHE)

    return endpoint


def no_authorization_server(issuer: str) -> str:
    """What is said to clients that take this server for its authorization server.

    Those that find no way to register with the issuer try it here, and show the answer.
    """
    return (
        "This server is no authorization server: nobody registers or signs in here. Its access "
        f"tokens come from {issuer}. If that offers no dynamic client registration, register a "
        "client there and give this client its id."
    )


def challenge(
    scope: Scope, *, oauth: bool, error: str | None = None, scopes: Iterable[str] = ()
) -> dict[str, str]:
    """The `WWW-Authenticate` header of a refusal.

    https://www.rfc-editor.org/rfc/rfc6750#section-3

    Args:
        scope: The request's.
        oauth: Whether access tokens are taken, so that there is metadata to point to.
        error: `invalid_token` or `insufficient_scope`; None where no credential came.
        scopes: What a token needs.
    """
    metadata_url = address_of(scope).metadata_url if oauth else None
    return bearer_challenge(metadata_url, error=error, scopes=scopes)


def bearer_challenge(
    metadata_url: str | None, *, error: str | None = None, scopes: Iterable[str] = ()
) -> dict[str, str]:
    """As `challenge`, with the metadata's address; None where there is none."""
    parts = ['Bearer realm="mcp"']
    if metadata_url:
        parts.append(f'resource_metadata="{metadata_url}"')
    needed = " ".join(sorted(scopes))
    if needed:
        parts.append(f'scope="{needed}"')
    if error:
        parts.append(f'error="{error}"')
    return {"www-authenticate": ", ".join(parts)}
