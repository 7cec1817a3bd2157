"""A caller with an access token, as FastMCP's own servers know one.

Tools find it with `get_access_token()`, `CurrentAccessToken` and `TokenClaim`; FastMCP's checks
of single tools, `auth=require_scopes(...)`, ask it.
"""

from __future__ import annotations

from fastmcp.server.auth import AccessToken
from mcp.server.auth.middleware.auth_context import AuthContextMiddleware
from mcp.server.auth.middleware.bearer_auth import AuthenticatedUser
from starlette.types import ASGIApp, Scope

from mesh.runtime.oauth import signatures


def signed_in(app: ASGIApp, scope: Scope, token: str, scopes: frozenset[str]) -> ASGIApp:
    """The application, for one request of a user.

    Args:
        app: What answers.
        scope: The request's; gets the user.
        token: A JSON Web Token that access control has verified.
        scopes: What it was granted.
    """
    # Verified before; here only its claims are read.
    claims = signatures.json_object(signatures.parse(token).payload)
    subject = str(claims["sub"])
    scope["user"] = AuthenticatedUser(
        AccessToken(
            token=token,
            client_id=str(claims.get("client_id") or claims.get("azp") or subject),
            scopes=sorted(scopes),
            expires_at=int(claims["exp"]),
            subject=subject,
            claims=claims,
        )
    )
    return AuthContextMiddleware(app)
