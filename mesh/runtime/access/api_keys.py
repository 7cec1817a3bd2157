"""API keys: their form, their hashes, and the ring of those that are valid now.

A key is 32 random bytes, so a plain SHA-256 is enough to store it by: there is nothing
to guess that a slow hash would protect. Only hashes are stored, in one SSM parameter:
`{"keys": [{"name", "sha256", "last4", "created"}]}`, each with `expires`, `tools`,
`rate_per_minute` and `sources` where it has them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from mesh.runtime.access.caller import Caller
from mesh.runtime.access.hash_store import StoredHashes
from mesh.runtime.digests import sha256
from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PREFIX = "mesh_"
RANDOM_BYTES = 32


class KeysUnavailableError(Exception):
    """The keys are not available, so nobody is let in; the message says why, without a secret."""


class ApiKey(Record):
    """A key as it is stored.

    Attributes:
        name: Whose key it is; two keys may have the same name while one replaces the other.
        sha256: `digest` of the key.
        last4: Its last characters, by which people tell keys apart.
        created: When it was made, ISO 8601 in UTC.
        expires: From when on it is refused, ISO 8601 in UTC; None for never.
        tools: The only tools that its holder sees and may call; None for every tool.
        rate_per_minute: Calls a minute, in place of the deployment's own limit.
        sources: The only sources that its holder may see; None for all. The server says what
            they are: see `Caller.sources`.
    """

    name: str
    sha256: str
    last4: str
    created: str
    expires: str | None = None
    tools: tuple[str, ...] | None = None
    rate_per_minute: int | None = None
    sources: tuple[str, ...] | None = None

    def expired(self, now: float) -> bool:
        """Whether it is over at this time, in seconds since 1970."""
        return self.expires is not None and now >= moment(self.expires)


def generate() -> str:
    """A new key: `mesh_` and 43 characters of URL-safe base64."""
    import secrets  # what INIT does without

    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest(key: str) -> str:
    """Hexadecimal SHA-256 of the whole key string."""
    return sha256(key.encode()).hexdigest()


def moment(stamp: str) -> float:
    """Seconds since 1970 of an ISO 8601 time; one without an offset is taken for UTC.

    Raises:
        ValueError: it is no such time.
    """
    from datetime import UTC, datetime  # few keys expire, and it costs 1 ms

    read = datetime.fromisoformat(stamp)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _key(entry: dict[str, Any]) -> ApiKey:
    expires, tools, rate = (entry.get(field) for field in ("expires", "tools", "rate_per_minute"))
    if expires is not None:
        moment(expires)
    sources = entry.get("sources")
    for names in (tools, sources):
        if names is not None and not (
            isinstance(names, list) and all(isinstance(name, str) for name in names)
        ):
            raise ValueError("names")
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
        sources=None if sources is None else tuple(sources),
    )


def holder(key: ApiKey) -> Caller:
    """Who calls with this key."""
    return Caller(
        f"key:{key.name}",
        tools=None if key.tools is None else frozenset(key.tools),
        rate_per_minute=key.rate_per_minute,
        sources=None if key.sources is None else frozenset(key.sources),
    )


def stored(key: ApiKey) -> dict[str, Any]:
    """The key as an entry of the stored document; what it does not have is left out."""
    return {name: value for name, value in key.as_dict().items() if value is not None}


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


class KeyRing(StoredHashes):
    """The keys that are valid now.

    Args:
        read: Gives the stored document; raises `KeysUnavailableError` when it cannot.
        source: What people call the place it comes from, for messages.
        ttl_seconds: How long a read is trusted. A revoked key is refused within it.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        read: Callable[[], str],
        *,
        source: str,
        ttl_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            read,
            parse,
            KeysUnavailableError,
            "holds no API key yet; make one with `mesh keys create NAME`",
            source=source,
            ttl_seconds=ttl_seconds,
            clock=clock,
        )

    def blocks(self, key: str) -> bool:
        """Whether `find` will read the document, and so may take seconds."""
        return self.reads_for(digest(key))

    def find(self, key: str) -> ApiKey | None:
        """The stored key that this one is; None for none that is valid.

        An unknown key makes it read again, within a limit: it may be new.

        Raises:
            KeysUnavailableError: the keys cannot be read, or none has been made yet.
        """
        found: ApiKey | None = self.matching(digest(key))
        return None if found is None or found.expired(self._clock()) else found
