"""Who calls; see `access_control`."""

from __future__ import annotations

from mesh.runtime.access.access_control import (
    NOT_READABLE,
    SIGNED_ONLY,
    bearer,
    charged_name,
    how_to_call,
    is_access_token,
    not_valid,
)
from mesh.runtime.access.api_keys import KeyRing, KeysUnavailableError, holder
from mesh.runtime.access.caller import ANONYMOUS, Caller
from mesh.runtime.access.rate_limit import RateLimit
from mesh.runtime.config.settings import Settings
from mesh.runtime.fast_path import replies
from mesh.runtime.fast_path.messages import LeftToFastMcpError
from mesh.runtime.fast_path.replies import Reply
from mesh.runtime.oauth.protected_resource import (
    AUTHORIZATION_SERVER_PATHS,
    Address,
    bearer_challenge,
    no_authorization_server,
)
from mesh.runtime.request.errors import INVALID_REQUEST, TOO_MANY_REQUESTS, RefusedError
from mesh.runtime.request.events import Head

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from mesh.runtime.access.access_tokens import AccessTokens


class Callers:
    """Tells callers, and counts what they call.

    Args:
        settings: How callers prove who they are.
        key_ring: The valid API keys, where those are taken.
        tokens: What tells callers by access tokens, where those are taken.
        rate_limit: How many calls each may make; shared with FastMCP's way.
    """

    def __init__(
        self,
        settings: Settings,
        key_ring: KeyRing | None,
        tokens: AccessTokens | None,
        rate_limit: RateLimit,
    ) -> None:
        self._auth = settings.auth
        self._tokens = tokens
        self._public_url = settings.public_url
        self._key_ring = key_ring
        self._rate_limit = rate_limit

    def find(self, head: Head) -> Caller | Reply:
        """The caller, or the refusal of who is none.

        Raises:
            LeftToFastMcpError: The keys cannot be read.
        """
        if head.arn is not None:
            return Caller(head.arn)
        if self._auth == "none":
            return ANONYMOUS
        if self._auth == "iam":
            return replies.failure(403, INVALID_REQUEST, SIGNED_ONLY)
        try:
            return self._identified(head)
        except RefusedError as refused:
            if self._tokens is not None and head.path in AUTHORIZATION_SERVER_PATHS:
                told = no_authorization_server(self._tokens.settings.issuer)
                return replies.failure(404, INVALID_REQUEST, told)
            headers = {**refused.headers} if refused.headers else None
            return replies.failure(refused.status, refused.code, str(refused), headers)

    def address(self, head: Head) -> Address:
        """Where a request came in."""
        scheme, host = head.scheme, head.headers.get("host", "localhost")
        # What is signed came to the Function URL itself.
        public = None if head.arn else self._public_url
        if public is not None:
            scheme, _, rest = public.partition("://")
            host = rest.removesuffix("/")
        called = f"{scheme}://{head.domain or host}/"
        return Address(public or called, called)

    def _identified(self, head: Head) -> Caller:
        """As `AccessControl` identifies callers.

        Raises:
            RefusedError: There is no credential, or none that is valid here.
            LeftToFastMcpError: The keys cannot be read.
        """
        tokens = self._tokens
        credential = bearer(head.headers.get("authorization", ""))
        if tokens is not None and credential is not None and is_access_token(credential):
            return tokens.caller(credential, self.address(head))
        if self._key_ring is None:
            if credential is not None:
                raise self._unauthorized(head, NOT_READABLE, "invalid_token")
        elif key := credential or head.headers.get("x-api-key"):
            try:
                found = self._key_ring.find(key)
            except KeysUnavailableError:
                raise LeftToFastMcpError("access") from None
            if found is None:
                message = not_valid(key, tokens=tokens is not None)
                raise self._unauthorized(head, message, "invalid_token")
            return holder(found)
        what = how_to_call(keys=self._key_ring is not None, tokens=tokens is not None)
        raise self._unauthorized(head, what, None)

    def charge(self, caller: Caller, head: Head) -> Reply | None:
        """Take one call out of the caller's rate; the refusal where nothing is left."""
        name = charged_name(caller, head.client)
        wait = self._rate_limit.take(name, 1, per_minute=caller.rate_per_minute)
        if wait is None:
            return None
        return replies.failure(
            429,
            TOO_MANY_REQUESTS,
            f"Too many calls in a minute: wait {wait} seconds.",
            {"retry-after": str(wait)},
        )

    def give_back(self, caller: Caller, head: Head) -> None:
        """Undo `charge`: FastMCP's way counts the call."""
        self._rate_limit.give_back(charged_name(caller, head.client))

    def _unauthorized(self, head: Head, message: str, error: str | None) -> RefusedError:
        header = bearer_challenge(None, error=error)
        if self._tokens is not None:
            scopes = self._tokens.settings.asked_for_every_call()
            url = self.address(head).metadata_url
            header = bearer_challenge(url, error=error, scopes=scopes)
        return RefusedError(401, INVALID_REQUEST, message, header)
