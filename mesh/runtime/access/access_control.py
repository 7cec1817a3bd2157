"""Who may call. Everything but the public routes needs a credential, unknown paths too.

Three ways in: an API key or an OAuth access token, checked here, or IAM, checked by the
Function URL before the function is invoked (it then puts the caller's identity into the
event). https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

from __future__ import annotations

import re

from mesh.runtime.access.api_keys import PREFIX, KeyRing, KeysUnavailableError, holder
from mesh.runtime.access.caller import ANONYMOUS, Caller, calling
from mesh.runtime.access.rate_limit import RateLimit
from mesh.runtime.oauth.protected_resource import (
    AUTHORIZATION_SERVER_PATHS,
    PATHS,
    address_of,
    challenge,
    no_authorization_server,
)
from mesh.runtime.request.errors import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    TOO_MANY_REQUESTS,
    RefusedError,
)
from mesh.runtime.request.events import iam_arn

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

    from mesh.runtime.access.access_tokens import AccessTokens
    from mesh.runtime.config.settings import Auth

PUBLIC = frozenset({("GET", "/"), ("HEAD", "/"), ("GET", "/health"), ("HEAD", "/health")})
# What tells clients of the server before they connect, in `mesh.runtime.http.discovery`. The card's
# place is below the endpoint; the first proposal had it among the well-known ones.
SERVER_CARDS = ("/mcp/server-card", "/.well-known/mcp/server-card.json")
DISCOVERY_PATHS = (*SERVER_CARDS, "/.well-known/ai-catalog.json")
DISCOVERY = frozenset((method, path) for method in ("GET", "HEAD") for path in DISCOVERY_PATHS)
# Public where access tokens are taken; elsewhere nothing is there.
OAUTH_METADATA = frozenset((method, path) for method in ("GET", "HEAD") for path in PATHS)

# The session's name, at the end, is chosen by whoever assumes the role.
# Compiled where a role calls: that takes longer than all else that INIT does with callers.
ASSUMED_ROLE = r"(arn:[^:]+:sts::[0-9]+:assumed-role/[^/]+)/.*"
JWT_DOTS = 2
SIGNED_ONLY = "This server takes requests signed with AWS SigV4 only."
# Of an issuer that gives tokens which only itself can read: opaque ones, or encrypted ones.
NO_JWT = (
    "is no signed JSON Web Token, so this server cannot read it. Ask the issuer for one: many give "
    "it only to a client that names this server as `resource` or audience."
)
NOT_READABLE = f"The access token {NO_JWT}"
NOT_LIMITED = (
    "This credential is limited to some sources, and this server limits nobody to sources. "
    "Ask whoever made it for one without sources."
)
NOT_VALID = "The API key is not valid: it is mistyped, has expired, or was revoked."


def iam_caller(scope: Scope) -> str | None:
    """ARN of the caller that the Function URL authenticated; None when it authenticated none."""
    event: dict[str, Any] = scope.get("aws.event") or {}
    return iam_arn(event.get("requestContext") or {})


def bearer(authorization: str) -> str | None:
    """The credential of a header `Authorization: Bearer`."""
    scheme, _, credential = authorization.partition(" ")
    return credential.strip() or None if scheme.lower() == "bearer" else None


def is_access_token(credential: str) -> bool:
    """Whether it has the form of a JSON Web Token; API keys say themselves what they are."""
    return not credential.startswith(PREFIX) and credential.count(".") == JWT_DOTS


def not_valid(key: str, *, tokens: bool) -> str:
    """Why a credential that was looked up as a key is none; `tokens` where those are taken."""
    if not tokens or key.startswith(PREFIX):
        return NOT_VALID
    return f"The credential is no API key of this server, and as an access token it {NO_JWT}"


def how_to_call(*, keys: bool, tokens: bool) -> str:
    """What is said to who shows no credential, where these are taken."""
    if not keys:
        return "An access token is needed: send `Authorization: Bearer <token>`."
    what = "An API key or an access token" if tokens else "An API key"
    return f"{what} is needed: send `Authorization: Bearer <key>` or `x-api-key: <key>`."


def charged_name(caller: Caller, client: str) -> str:
    """Whose rate a call is taken from.

    Args:
        caller: As access control knows it; all sessions of a role are one, and who is nobody
            is told by the address.
        client: The address that the request came from.
    """
    name = caller.name
    if ":assumed-role/" in name:
        name = re.sub(ASSUMED_ROLE, r"\1", name)
    return f"{name} {client}" if caller == ANONYMOUS else name


def _take_credential(scope: Scope) -> None:
    """Keep the caller's credential from what answers.

    FastMCP's proxies and OpenAPI servers pass headers on, to servers that it is not for.
    https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#token-passthrough
    """
    from starlette.datastructures import MutableHeaders  # not on the fast path

    headers = MutableHeaders(scope=scope)
    # Another scheme's is the server's own, beside a key in x-api-key.
    if iam_caller(scope) is not None or bearer(headers.get("authorization", "")) is not None:
        del headers["authorization"]
    del headers["x-api-key"]
    del headers["x-amz-security-token"]


async def _user(tokens: AccessTokens, token: str, scope: Scope) -> Caller:
    """The user whose token this is.

    Raises:
        RefusedError: As `AccessTokens.caller` says.
    """
    address = address_of(scope)
    if not tokens.waits(token):
        return tokens.caller(token, address)
    # A thread only where the issuer is asked. Who leaves does not end what others wait for.
    from anyio.to_thread import run_sync  # not on the fast path

    return await run_sync(tokens.caller, token, address, abandon_on_cancel=True)


class AccessControl:
    """Lets a request through with its caller named, or refuses it.

    What stands behind it finds the caller in `caller`, its name in `scope["caller"]`
    for the log, and in `scope["charge"]` what takes further calls out of its rate.

    Args:
        app: What is protected.
        auth: How callers prove who they are.
        key_ring: The valid API keys, where those are taken.
        tokens: What tells callers by access tokens, where those are taken.
        rate_limit: How many calls each caller may make.
        limits_sources: Whether the server keeps callers to their sources; who is limited to some
            is refused where it does not.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        auth: Auth,
        key_ring: KeyRing | None,
        tokens: AccessTokens | None,
        rate_limit: RateLimit,
        limits_sources: bool = False,
    ) -> None:
        self._limits_sources = limits_sources
        self._app = app
        self._auth = auth
        self._key_ring = key_ring
        self._tokens = tokens
        self._rate_limit = rate_limit
        public = PUBLIC | DISCOVERY
        self._public = public | OAUTH_METADATA if tokens else public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a refusal, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            caller = self._limited(await self._identified(scope))
            scope["caller"] = caller.name

            def charge(calls: int) -> None:
                self._charge(caller, scope, calls)

            scope["charge"] = charge
            if (scope["method"], scope["path"]) not in self._public:
                charge(1)
            app = self._app
            if caller != ANONYMOUS:
                _take_credential(scope)
            if caller.token is not None:
                from mesh.runtime.access.token_user import signed_in  # not on the fast path

                app = signed_in(app, scope, caller.token, caller.scopes or frozenset())
            with calling(caller):
                await app(scope, receive, send)
        except RefusedError as refused:
            await refused.answer(scope, receive, send)

    async def _identified(self, scope: Scope) -> Caller:
        """As `_caller`; who takes this server for an authorization server is told which one is.

        Raises:
            RefusedError: see `_caller`.
        """
        try:
            return await self._caller(scope)
        except RefusedError as refused:
            if self._tokens is None or scope["path"] not in AUTHORIZATION_SERVER_PATHS:
                raise
            told = no_authorization_server(self._tokens.settings.issuer)
            raise RefusedError(404, INVALID_REQUEST, told) from refused

    def _limited(self, caller: Caller) -> Caller:
        """The caller.

        Raises:
            RefusedError: it is limited to sources, and the server would show it others.
        """
        if caller.sources is not None and not self._limits_sources:
            raise RefusedError(403, INVALID_REQUEST, NOT_LIMITED)
        return caller

    async def _caller(self, scope: Scope) -> Caller:
        """Who calls; anonymous where nobody has to say.

        Raises:
            RefusedError: there is no credential, or none that is valid here.
        """
        arn = iam_caller(scope)
        if arn is not None:
            return Caller(arn)
        if self._auth == "none" or (scope["method"], scope["path"]) in self._public:
            return ANONYMOUS
        if self._key_ring is None and self._tokens is None:
            raise RefusedError(403, INVALID_REQUEST, SIGNED_ONLY)
        from starlette.datastructures import Headers  # not on the fast path

        headers = Headers(scope=scope)
        credential = bearer(headers.get("authorization", ""))
        if credential is not None and self._tokens is not None and is_access_token(credential):
            return await _user(self._tokens, credential, scope)
        if self._key_ring is not None:
            key = credential or headers.get("x-api-key")
            if key:
                return await self._key_holder(self._key_ring, key, scope)
        elif credential is not None:
            raise self._unauthorized(scope, NOT_READABLE, error="invalid_token")
        what = how_to_call(keys=self._key_ring is not None, tokens=self._tokens is not None)
        raise self._unauthorized(scope, what)

    async def _key_holder(self, key_ring: KeyRing, key: str, scope: Scope) -> Caller:
        try:
            # A thread only for a read: it is one request to Systems Manager.
            if key_ring.blocks(key):
                from anyio.to_thread import run_sync  # not on the fast path

                found = await run_sync(key_ring.find, key)
            else:
                found = key_ring.find(key)
        except KeysUnavailableError as error:
            raise RefusedError(
                503,
                INTERNAL_ERROR,
                f"API keys cannot be checked, so the request was refused: {error}.",
            ) from None
        if found is None:
            message = not_valid(key, tokens=self._tokens is not None)
            raise self._unauthorized(scope, message, error="invalid_token")
        return holder(found)

    def _unauthorized(
        self, scope: Scope, message: str, *, error: str | None = None
    ) -> RefusedError:
        scopes = self._tokens.settings.asked_for_every_call() if self._tokens else ()
        header = challenge(scope, oauth=self._tokens is not None, error=error, scopes=scopes)
        return RefusedError(401, INVALID_REQUEST, message, header)

    def _charge(self, caller: Caller, scope: Scope, calls: int) -> None:
        client = scope.get("client") or ("", 0)
        name = charged_name(caller, client[0])
        wait = self._rate_limit.take(name, calls, per_minute=caller.rate_per_minute)
        if wait is not None:
            raise RefusedError(
                429,
                TOO_MANY_REQUESTS,
                f"Too many calls in a minute: wait {wait} seconds.",
                {"retry-after": str(wait)},
            )
