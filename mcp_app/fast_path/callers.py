"""Who calls, where that can be told without a token's signature: as `mcp_app.asgi.access`."""

from __future__ import annotations

from mcp_app.api_keys import KeyRing, KeysUnavailableError
from mcp_app.asgi.access import (
    NOT_VALID,
    bearer,
    charged_name,
    how_to_call,
    is_access_token,
)
from mcp_app.asgi.failures import INVALID_REQUEST, TOO_MANY_REQUESTS
from mcp_app.asgi.protected_resource import bearer_challenge
from mcp_app.asgi.rate_limit import RateLimit
from mcp_app.caller import ANONYMOUS, Caller
from mcp_app.fast_path import replies
from mcp_app.fast_path.asked import Asked
from mcp_app.fast_path.replies import Reply
from mcp_app.settings import Auth


class UndecidedError(Exception):
    """FastMCP's way has to decide it."""


class Callers:
    """Tells callers, and counts what they call.

    Args:
        auth: How callers prove who they are.
        key_ring: The valid API keys, where those are taken.
        rate_limit: How many calls each may make; shared with FastMCP's way.
    """

    def __init__(self, auth: Auth, key_ring: KeyRing | None, rate_limit: RateLimit) -> None:
        self._auth = auth
        self._key_ring = key_ring
        self._rate_limit = rate_limit

    def find(self, asked: Asked) -> Caller | Reply:
        """The caller, or the refusal of who is none.

        Raises:
            UndecidedError: a token has to be verified, or the keys cannot be read.
        """
        if asked.arn is not None:
            return Caller(asked.arn)
        if self._auth == "none":
            return ANONYMOUS
        if self._key_ring is None:
            raise UndecidedError
        credential = bearer(asked.headers.get("authorization", ""))
        if self._auth == "both" and (credential is None or is_access_token(credential)):
            raise UndecidedError
        key = credential or asked.headers.get("x-api-key")
        if not key:
            return self._refusal(how_to_call(keys=True, tokens=False), None)
        try:
            found = self._key_ring.find(key)
        except (KeysUnavailableError, UnicodeEncodeError):
            raise UndecidedError from None
        if found is None:
            if self._auth == "both":
                raise UndecidedError
            return self._refusal(NOT_VALID, "invalid_token")
        tools = None if found.tools is None else frozenset(found.tools)
        return Caller(f"key:{found.name}", tools=tools, rate_per_minute=found.rate_per_minute)

    def charge(self, caller: Caller, asked: Asked) -> Reply | None:
        """Take one call out of the caller's rate; the refusal where nothing is left."""
        name = charged_name(caller, asked.client)
        wait = self._rate_limit.take(name, 1, per_minute=caller.rate_per_minute)
        if wait is None:
            return None
        return replies.failure(
            429,
            TOO_MANY_REQUESTS,
            f"Too many calls in a minute: wait {wait} seconds.",
            {"retry-after": str(wait)},
        )

    def give_back(self, caller: Caller, asked: Asked) -> None:
        """Undo `charge`: FastMCP's way counts the call."""
        self._rate_limit.give_back(charged_name(caller, asked.client))

    def _refusal(self, message: str, error: str | None) -> Reply:
        header = bearer_challenge(None, error=error)
        return replies.failure(401, INVALID_REQUEST, message, header)
