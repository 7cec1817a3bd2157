"""API keys: their form, their hashes, and the ring of those that are valid now.

A key is 32 random bytes, so a plain SHA-256 is enough to store it by: there is nothing
to guess that a slow hash would protect. Only hashes are stored, in one SSM parameter:
`{"keys": [{"name", "sha256", "last4", "created"}]}`, each with `expires`, `tools` and
`rate_per_minute` where it has them.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from mcp_app import snapshot

PREFIX = "mesh_"
RANDOM_BYTES = 32


class KeysUnavailableError(Exception):
    """The keys cannot be had, so nobody is let in; the message says why, without a secret."""


@dataclass(frozen=True)
class ApiKey:
    """A key as it is stored.

    Attributes:
        name: Whose key it is; two keys may have the same name while one replaces the other.
        sha256: `digest` of the key.
        last4: Its last characters, by which people tell keys apart.
        created: When it was made, ISO 8601 in UTC.
        expires: From when on it is refused, ISO 8601 in UTC; None for never.
        tools: The only tools that its holder sees and may call; None for every tool.
        rate_per_minute: Calls a minute, in place of the deployment's own limit.
    """

    name: str
    sha256: str
    last4: str
    created: str
    expires: str | None = None
    tools: tuple[str, ...] | None = None
    rate_per_minute: int | None = None

    def expired(self, now: float) -> bool:
        """Whether it is over at this time, in seconds since 1970."""
        return self.expires is not None and now >= moment(self.expires)


def generate() -> str:
    """A new key: `mesh_` and 43 characters of URL-safe base64."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest(key: str) -> str:
    """Hexadecimal SHA-256 of the whole key string."""
    return hashlib.sha256(key.encode()).hexdigest()


def moment(stamp: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; one without an offset is taken for UTC.

    Raises:
        ValueError: it is no such time.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 - few keys expire, and it costs 1 ms

    read = datetime.fromisoformat(stamp)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _key(entry: dict[str, Any]) -> ApiKey:
    expires, tools, rate = (entry.get(field) for field in ("expires", "tools", "rate_per_minute"))
    if expires is not None:
        moment(expires)
    if tools is not None and not (
        isinstance(tools, list) and all(isinstance(tool, str) for tool in tools)
    ):
        raise ValueError("tools")
    if rate is not None and (not isinstance(rate, int) or rate < 1):
        raise ValueError("rate_per_minute")
    return ApiKey(
        name=str(entry["name"]),
        sha256=str(entry["sha256"]),
        last4=str(entry["last4"]),
        created=str(entry["created"]),
        expires=expires,
        tools=None if tools is None else tuple(tools),
        rate_per_minute=rate,
    )


def stored(key: ApiKey) -> dict[str, Any]:
    """The key as an entry of the stored document; what it does not have is left out."""
    return {name: value for name, value in asdict(key).items() if value is not None}


def parse(document: str) -> tuple[ApiKey, ...]:
    """The keys of a stored document; Terraform's placeholder `{}` holds none.

    Raises:
        ValueError: the document is not of the form above.
    """
    try:
        entries = json.loads(document).get("keys", [])
        return tuple(_key(entry) for entry in entries)
    except (ValueError, AttributeError, KeyError, TypeError):
        # Not `from error`: the parser's message may quote what it read.
        raise ValueError('the value is not a document of the form {"keys": [...]}') from None


class KeyRing:
    """The keys that are valid now, read when needed and trusted for a limited time.

    Args:
        read: Gives the stored document; raises `KeysUnavailableError` when it cannot.
        source: What people call the place it comes from, for messages.
        ttl_seconds: How long a read is trusted. A key put or revoked takes effect within it.
        clock: Seconds since 1970. Not a monotonic clock: that one may stand still while
            Lambda has the instance frozen.
    """

    def __init__(
        self,
        read: Callable[[], str],
        *,
        source: str,
        ttl_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._source = source
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._keys: tuple[ApiKey, ...] = ()
        self._read_at = float("-inf")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read the keys anew the next time."""
        self._keys, self._read_at = (), float("-inf")

    def _current(self) -> tuple[ApiKey, ...]:
        now = self._clock()
        # Below 0, the clock was set back: how long ago it was is not known then.
        if not 0 <= now - self._read_at < self._ttl_seconds:
            try:
                self._keys = parse(self._read())
            except ValueError as error:
                raise KeysUnavailableError(f"{self._source}: {error}") from None
            self._read_at = now
        if not self._keys:
            # Asked again at once next time: the first key is usable when it is made.
            self._read_at = float("-inf")
            raise KeysUnavailableError(
                f"{self._source} holds no API key yet; make one with `mesh keys create NAME`"
            )
        return self._keys

    def find(self, key: str) -> ApiKey | None:
        """The stored key that this one is, compared in constant time; None for none that is valid.

        Raises:
            KeysUnavailableError: the keys cannot be read, or none has been made yet.
        """
        presented = digest(key)
        found = None
        for candidate in self._current():
            # Every candidate is compared, so that timing does not tell which one matched.
            if hmac.compare_digest(candidate.sha256, presented):
                found = candidate
        if found is not None and found.expired(self._clock()):
            return None
        return found
