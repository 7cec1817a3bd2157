"""API keys: their form, their hashes, and the ring of those that are valid now.

A key is 32 random bytes, so a plain SHA-256 is enough to store it by: there is nothing
to guess that a slow hash would protect. Only hashes are stored, in one SSM parameter:
`{"keys": [{"name", "sha256", "last4", "created"}]}`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "mesh_"
RANDOM_BYTES = 32


class KeysUnavailableError(Exception):
    """The keys cannot be had, so nobody is let in; the message says why, without a secret."""


@dataclass(frozen=True)
class ApiKey:
    """A key as it is stored. `created` is ISO 8601 in UTC; `last4` lets people tell keys apart."""

    name: str
    sha256: str
    last4: str
    created: str


def generate() -> str:
    """A new key: `mesh_` and 43 characters of URL-safe base64."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def digest(key: str) -> str:
    """Hexadecimal SHA-256 of the whole key string."""
    return hashlib.sha256(key.encode()).hexdigest()


def parse(document: str) -> tuple[ApiKey, ...]:
    """The keys of a stored document; Terraform's placeholder `{}` holds none.

    Raises:
        ValueError: the document is not of the form above.
    """
    try:
        entries = json.loads(document).get("keys", [])
        return tuple(
            ApiKey(
                name=str(entry["name"]),
                sha256=str(entry["sha256"]),
                last4=str(entry["last4"]),
                created=str(entry["created"]),
            )
            for entry in entries
        )
    except (ValueError, AttributeError, KeyError, TypeError):
        # Not `from error`: the parser's message may quote what it read.
        raise ValueError('the value is not a document of the form {"keys": [...]}') from None


class KeyRing:
    """The keys that are valid now, read when needed and trusted for a limited time.

    Args:
        read: Gives the stored document; raises `KeysUnavailableError` when it cannot.
        source: What people call the place it comes from, for messages.
        ttl_seconds: How long a read is trusted. A key put or revoked takes effect within it.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        read: Callable[[], str],
        *,
        source: str,
        ttl_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._source = source
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._keys: tuple[ApiKey, ...] = ()
        self._trusted_until = float("-inf")

    def _current(self) -> tuple[ApiKey, ...]:
        now = self._clock()
        if now >= self._trusted_until:
            try:
                self._keys = parse(self._read())
            except ValueError as error:
                raise KeysUnavailableError(f"{self._source}: {error}") from None
            self._trusted_until = now + self._ttl_seconds
        if not self._keys:
            # Asked again at once next time: the first key is usable when it is made.
            self._trusted_until = float("-inf")
            raise KeysUnavailableError(
                f"{self._source} holds no API key yet; make one with `mesh keys create NAME`"
            )
        return self._keys

    def find(self, key: str) -> ApiKey | None:
        """The stored key that this one is, compared in constant time; None when there is none.

        Raises:
            KeysUnavailableError: the keys cannot be read, or none has been made yet.
        """
        presented = digest(key)
        found = None
        for candidate in self._current():
            # Every candidate is compared, so that timing does not tell which one matched.
            if hmac.compare_digest(candidate.sha256, presented):
                found = candidate
        return found
