"""Hashes of what callers present, read from where they are stored and trusted for a limited time.

Only the standard library is needed: the fast path has it in INIT.
"""

from __future__ import annotations

import logging
import time
from _thread import allocate_lock
from collections.abc import Callable

from mesh.runtime.aws import snapshot
from mesh.runtime.digests import compare_digest

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# An unknown value may have been stored since the last read, so it is worth another one. Anybody
# can send unknown values: so many reads may follow each other, then one for each time span.
# With 1,000 instances that is 33 reads a second, below SSM's default limit of 40.
# https://docs.aws.amazon.com/general/latest/gr/ssm.html
EXTRA_READS = 3
EXTRA_READ_SECONDS = 30.0
# How soon a read that failed is tried again.
RETRY_SECONDS = 1.0
# Each failure in a row doubles it, up to this.
LONGEST_RETRY_SECONDS = 16.0

logger = logging.getLogger("mesh.access")


def _match(entries: tuple[Any, ...], sha256: str) -> Any:
    """The entry with this hash; None for none."""
    found = None
    for entry in entries:
        # Every one is compared, so that timing does not tell which one it was.
        if compare_digest(entry.sha256, sha256):
            found = entry
    return found


class StoredHashes:
    """The entries of a stored document, each with a `sha256`, that are valid now.

    May be asked from several threads. One of them reads at a time; who only needs what was read
    does not wait for it.

    Args:
        read: Gives the stored document; raises `unavailable` when it cannot.
        parse: The entries of a document; raises ValueError when it is of another form.
        unavailable: Raised when there are none to compare with; its messages have no secret.
        missing: What to say of a document without entries, after its source's name.
        source: What people call the place it comes from, for messages.
        ttl_seconds: How long a read is trusted. A removed entry is refused within it.
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
        self._lock = allocate_lock()
        self._entries: tuple[Any, ...] = ()
        self._read_at = float("-inf")
        self._failure = ""
        self._failed_at = float("-inf")
        self._pause = RETRY_SECONDS
        # When the extra reads that were made will all be allowed again.
        self._extra_until = float("-inf")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read again when next needed."""
        self._entries, self._read_at = (), float("-inf")
        self._failed_at = float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether what was read last is still trusted."""
        return self._within(self._ttl_seconds, self._read_at)

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

    def reads_for(self, sha256: str) -> bool:
        """Whether `matching` will read before it answers."""
        unknown = _match(self._entries, sha256) is None
        return not self.fresh or (unknown and self._may_read_more())

    def matching(self, sha256: str) -> Any:
        """The entry with this hash, compared in constant time; None where there is none.

        An unknown hash makes it read again, within a limit. When that read fails the hash stays
        unknown, for what was read before is still trusted.

        Raises:
            Exception: `unavailable`, when they cannot be read, or there are none yet.
        """
        asked_at = self._clock()
        # First: another thread may find them too old the moment after.
        entries = self._entries
        if not self.fresh:
            entries = self._renew()
        found = _match(entries, sha256)
        if found is None and self._read_at < asked_at and self._may_read_more():
            self._read_more(asked_at)
            entries = self._entries
            found = _match(entries, sha256)
        if not entries:
            raise self._unavailable(f"{self._source} {self._missing}")
        return found

    def _within(self, seconds: float, since: float) -> bool:
        # Below 0, the clock was set back: how long ago it was is not known then.
        return 0 <= self._clock() - since < seconds

    def _renew(self) -> tuple[Any, ...]:
        """Read what is trusted no more, or raise why it cannot be."""
        with self._lock:
            # Another thread may have read while this one waited.
            if self.fresh:
                return self._entries
            # Not kept beyond its time when the next read fails.
            self._entries = ()
            # Strangers ask too: what has just failed is not tried with each of their requests.
            if self._within(self._pause, self._failed_at):
                raise self._unavailable(self._failure)
            self._read_entries()
            return self._entries

    def _may_read_more(self) -> bool:
        """Whether an unknown hash is worth a read now."""
        return self._used() <= (EXTRA_READS - 1) * EXTRA_READ_SECONDS

    def _used(self) -> float:
        """For how many seconds the extra reads so far are counted."""
        ahead = self._extra_until - self._clock()
        # Further ahead, the clock was set back.
        return ahead if 0 <= ahead <= EXTRA_READS * EXTRA_READ_SECONDS else 0.0

    def _read_more(self, asked_at: float) -> None:
        """Read for a hash that is unknown, unless another thread did since `asked_at`."""
        with self._lock:
            if self._read_at >= asked_at or not self._may_read_more():
                return
            self._extra_until = self._clock() + self._used() + EXTRA_READ_SECONDS
            try:
                self._read_entries()
            except self._unavailable as error:
                logger.warning("a credential may be new, but cannot be looked up: %s", error)

    def _read_entries(self) -> None:
        """Read, and remember what came of it."""
        began = self._clock()
        try:
            self._entries = self._document()
        except self._unavailable as error:
            again = self._failed_at != float("-inf")
            self._pause = min(2 * self._pause, LONGEST_RETRY_SECONDS) if again else RETRY_SECONDS
            # From its end: what took long to fail is not tried again at once.
            self._failure, self._failed_at = str(error), self._clock()
            raise
        self._read_at, self._failed_at = began, float("-inf")

    def _document(self) -> tuple[Any, ...]:
        try:
            return self._parse(self._read())
        except ValueError as error:
            raise self._unavailable(f"{self._source}: {error}") from None
