"""Hashes of what callers present, read from where they are stored and trusted for a limited time.

Only the standard library is needed: the fast path has it in INIT.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Any

from mcp_app import snapshot


class StoredHashes:
    """The entries of a stored document, each with a `sha256`, that are valid now.

    Args:
        read: Gives the stored document; raises `unavailable` when it cannot.
        parse: The entries of a document; raises ValueError when it is of another form.
        unavailable: Raised when there are none to compare with; its messages have no secret.
        missing: What to say of a document without entries, after its source's name.
        source: What people call the place it comes from, for messages.
        ttl_seconds: How long a read is trusted. A change takes effect within it.
        clock: Seconds since 1970. Not a monotonic clock: that one may stand still while
            Lambda has the instance frozen.
    """

    def __init__(
        self,
        read: Callable[[], str],
        parse: Callable[[str], tuple[Any, ...]],
        unavailable: type[Exception],
        missing: str,
        *,
        source: str,
        ttl_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._read = read
        self._parse = parse
        self._unavailable = unavailable
        self._missing = missing
        self._source = source
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._entries: tuple[Any, ...] = ()
        self._read_at = float("-inf")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read again when next needed."""
        self._entries, self._read_at = (), float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether `matching` needs no read, and so cannot block."""
        # Below 0, the clock was set back: how long ago the read was is not known then.
        return bool(self._entries) and 0 <= self._clock() - self._read_at < self._ttl_seconds

    def take(self, document: str, at: float) -> None:
        """Trust what was read along with something else.

        A document of another form, or without entries, is left: `matching` reads it again, and
        says what is wrong.

        Args:
            document: As `read` would give it.
            at: When its reading began, by the clock.
        """
        try:
            found = self._parse(document)
        except ValueError:
            return
        if found:
            self._entries, self._read_at = found, at

    def matching(self, sha256: str) -> Any:
        """The entry with this hash, compared in constant time; None where there is none.

        Raises:
            Exception: `unavailable`, when they cannot be read, or there are none yet.
        """
        found = None
        for entry in self._current():
            # Every one is compared, so that timing does not tell which one it was.
            if hmac.compare_digest(entry.sha256, sha256):
                found = entry
        return found

    def _current(self) -> tuple[Any, ...]:
        if not self.fresh:
            # Not kept beyond its time when the next read fails.
            self._entries = ()
            now = self._clock()
            try:
                found = self._parse(self._read())
            except ValueError as error:
                raise self._unavailable(f"{self._source}: {error}") from None
            if not found:
                # Read again at once next time: the first one is usable when it is made.
                raise self._unavailable(f"{self._source} {self._missing}")
            self._entries, self._read_at = found, now
        return self._entries
