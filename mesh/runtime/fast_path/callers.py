"""Who calls, where that can be told without a token's signature; see `access_control`."""

from __future__ import annotations

from mesh.runtime.access.access_control import (
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
from mesh.runtime.fast_path.handover import LeftToFastMcpError
from mesh.runtime.fast_path.replies import Reply
from mesh.runtime.oauth.protected_resource import (
    AUTHORIZATION_SERVER_PATHS,
    PATHS,
    bearer_challenge,
    no_authorization_server,
)
from mesh.runtime.request.errors import INVALID_REQUEST, TOO_MANY_REQUESTS
from mesh.runtime.request.events import Head


class Callers:
    """Tells callers, and counts what they call.

    Args:
        settings: How callers prove who they are.
        key_ring: The valid API keys, where those are taken.
        rate_limit: How many calls each may make; shared with FastMCP's way.
    """

    def __init__(self, settings: Settings, key_ring: KeyRing | None, rate_limit: RateLimit) -> None:
        self._auth = settings.auth
        self._oauth = settings.oauth
        self._public_url = settings.public_url
        self._key_ring = key_ring
        self._rate_limit = rate_limit

    def find(self, head: Head) -> Caller | Reply:
        """The caller, or the refusal of who is none.

        Raises:
            LeftToFastMcpError: A token has to be verified, or the keys cannot be read.
        """
        if head.arn is not None:
            return Caller(head.arn)
        if self._auth == "none":
            return ANONYMOUS
        if self._auth == "iam":
            return replies.failure(403, INVALID_REQUEST, SIGNED_ONLY)
        credential = bearer(head.headers.get("authorization", ""))
        if self._oauth is not None and credential is not None and is_access_token(credential):
            raise LeftToFastMcpError("token")
        if self._key_ring is None:
            raise LeftToFastMcpError("token")
        key = credential or head.headers.get("x-api-key")
        if not key:
            what = how_to_call(keys=True, tokens=self._oauth is not None)
            return self._refusal(head, what, None)
        try:
            found = self._key_ring.find(key)
        except KeysUnavailableError:
            raise LeftToFastMcpError("access") from None
        if found is None:
            message = not_valid(key, tokens=self._oauth is not None)
            return self._refusal(head, message, "invalid_token")
        return holder(found)

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

    def _refusal(self, head: Head, message: str, error: str | None) -> Reply:
        header = bearer_challenge(None, error=error)
        if self._oauth is not None:
            if head.path in AUTHORIZATION_SERVER_PATHS:
                told = no_authorization_server(self._oauth.issuer)
                return replies.failure(404, INVALID_REQUEST, told)
            host = head.domain or head.headers.get("host", "localhost")
            base = self._public_url or f"{head.scheme}://{host}/"
            metadata = f"{base}{PATHS[0].removeprefix('/')}"
            scopes = self._oauth.asked_for_every_call()
            header = bearer_challenge(metadata, error=error, scopes=scopes)
        return replies.failure(401, INVALID_REQUEST, message, header)
