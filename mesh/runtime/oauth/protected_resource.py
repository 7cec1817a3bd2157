"""What tells OAuth clients where to get a token for this server, and what was wrong with one.

The metadata of RFC 9728 and the challenge that points to it. Function URLs rename the
challenge's header, so clients of this server find the metadata at its well-known addresses.
https://www.rfc-editor.org/rfc/rfc9728
https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from mesh.runtime.config.oauth_settings import OAuthSettings

WELL_KNOWN = "/.well-known/oauth-protected-resource"
# RFC 9728 puts the resource's path behind it; clients that find nothing there try without.
PATHS = (f"{WELL_KNOWN}/mcp", f"{WELL_KNOWN}/mcp/", WELL_KNOWN)
CACHE = {"cache-control": "public, max-age=300"}


def server_url(scope: Scope) -> str:
    """The address under which this request came in, with a slash at its end.

    A domain's, where the server has one. Else Lambda says itself which Function URL was called;
    the Host header is the client's word.
    """
    public = scope.get("public_url")
    return str(public) if public else _called_url(scope)


def _called_url(scope: Scope) -> str:
    from starlette.datastructures import Headers  # not on the fast path

    event = scope.get("aws.event") or {}
    domain = (event.get("requestContext") or {}).get("domainName")
    host = domain or Headers(scope=scope).get("host", "localhost")
    return f"{scope.get('scheme', 'https')}://{host}/"


def audiences(settings: OAuthSettings, scope: Scope) -> tuple[str, ...]:
    """What a token may have been made for: what the settings say, or this very server.

    Behind a domain that is the Function URL too: tokens made for it before stay good.
    """
    if settings.audiences:
        return settings.audiences
    urls = dict.fromkeys((server_url(scope), _called_url(scope)))
    return tuple(name for url in urls for name in (f"{url}mcp", url, url.removesuffix("/")))


def resource(settings: OAuthSettings, scope: Scope) -> str:
    """What clients shall ask a token for: an audience that is an address, else this one's."""
    addresses = (name for name in settings.audiences if name.startswith(("https://", "http://")))
    return next(addresses, f"{server_url(scope)}mcp")


def metadata(settings: OAuthSettings, name: str) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of RFC 9728; public, since it tells strangers how to become callers."""
    from starlette.responses import JSONResponse  # not on the fast path

    by_tool = (scope for scopes in settings.tool_scopes.values() for scope in scopes)
    scopes = sorted({*settings.required_scopes, *by_tool})

    async def endpoint(request: Request) -> Response:
        document = {
            "resource": resource(settings, request.scope),
            "resource_name": name,
            "authorization_servers": [settings.issuer],
            "bearer_methods_supported": ["header"],
        }
        if scopes:
            document["scopes_supported"] = scopes
        return JSONResponse(document, headers=CACHE)

    return endpoint


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
    metadata_url = f"{server_url(scope)}{PATHS[0].removeprefix('/')}" if oauth else None
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
