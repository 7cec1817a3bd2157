"""Who may call. Everything but the public routes needs a credential, unknown paths too.

Two ways in: an API key, checked here, or IAM, checked by the Function URL before the
function is invoked (it then puts the caller's identity into the event).
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

from typing import Any

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from mcp_app.api_keys import KeyRing, KeysUnavailableError
from mcp_app.asgi.failures import INTERNAL_ERROR, INVALID_REQUEST, failure
from mcp_app.caller import Caller, calling
from mcp_app.settings import Auth

PUBLIC = frozenset({("GET", "/"), ("HEAD", "/"), ("GET", "/health"), ("HEAD", "/health")})


def iam_caller(scope: Scope) -> str | None:
    """ARN of the caller that the Function URL authenticated; None when it authenticated none."""
    event: dict[str, Any] = scope.get("aws.event") or {}
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    arn = (authorizer.get("iam") or {}).get("userArn")
    return str(arn) if arn else None


def presented_key(headers: Headers) -> str | None:
    """The API key of `Authorization: Bearer` or, without that, of `x-api-key`."""
    scheme, _, credential = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and credential.strip():
        return credential.strip()
    return headers.get("x-api-key") or None


class AccessControl:
    """Lets a request through as its caller's, or refuses it.

    The caller is `mcp_app.caller.current()` for all that answers, and by name in
    `scope["caller"]` for the log.

    Args:
        app: What is protected.
        auth: How callers prove who they are.
        key_ring: The valid API keys; needed when `auth` is `api_key`.
    """

    def __init__(self, app: ASGIApp, *, auth: Auth, key_ring: KeyRing | None) -> None:
        self._app = app
        self._auth = auth
        self._key_ring = key_ring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = iam_caller(scope)
        if caller is None and self._auth != "none":
            if (scope["method"], scope["path"]) in PUBLIC:
                caller = "anonymous"
            elif self._key_ring is None:
                await failure(
                    403, INVALID_REQUEST, "This server takes requests signed with AWS SigV4 only."
                )(scope, receive, send)
                return
            else:
                caller = await self._key_holder(self._key_ring, scope, receive, send)
                if caller is None:
                    return
        scope["caller"] = caller or "anonymous"
        with calling(Caller(scope["caller"])):
            await self._app(scope, receive, send)

    async def _key_holder(
        self, key_ring: KeyRing, scope: Scope, receive: Receive, send: Send
    ) -> str | None:
        """Name of the key that the request carries; None when it was answered with a refusal."""
        key = presented_key(Headers(scope=scope))
        if key is None:
            await failure(
                401,
                INVALID_REQUEST,
                "An API key is needed: send `Authorization: Bearer <key>` or `x-api-key: <key>`.",
                {"www-authenticate": 'Bearer realm="mcp"'},
            )(scope, receive, send)
            return None
        try:
            found = await anyio.to_thread.run_sync(key_ring.find, key)
        except KeysUnavailableError as error:
            await failure(
                503,
                INTERNAL_ERROR,
                f"API keys cannot be checked, so the request was refused: {error}.",
            )(scope, receive, send)
            return None
        if found is None:
            await failure(
                401,
                INVALID_REQUEST,
                "The API key is not valid: it is mistyped, has expired, or was revoked.",
                {"www-authenticate": 'Bearer realm="mcp", error="invalid_token"'},
            )(scope, receive, send)
            return None
        return f"key:{found.name}"
