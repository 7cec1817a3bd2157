"""An issuer's public keys: found, kept for a while, and fetched again when it changes them."""

from __future__ import annotations

import logging
import time
from _thread import allocate_lock, start_new_thread

from mesh.runtime.aws import snapshot
from mesh.runtime.oauth.documents import (
    DocumentUnavailableError,
    NoSuchDocumentError,
    fetch,
    is_safe,
)
from mesh.runtime.oauth.signatures import PublicKey, public_key

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Of keys without names, so many are tried for a token.
MAX_TRIED = 8

# How long keys are taken as they are; a key that was withdrawn is refused within it.
FRESH_SECONDS = 600.0
# A token with a key that is not known may mean that the issuer has a new one. Anybody can
# send such tokens, so they make this server ask at most so often.
REFETCH_SECONDS = 30.0
# While the issuer cannot be reached: how often it is asked, and how long old keys serve.
RETRY_SECONDS = 5.0
STALE_SECONDS = 3600.0
# For the metadata and the keys together, however slowly they come.
FETCH_SECONDS = 5.0
LATE = "the issuer did not answer within {seconds:g} seconds"

type Get = Callable[[str, float], dict[str, Any]]

logger = logging.getLogger("mesh.oauth")


class IssuerUnavailableError(Exception):
    """The issuer's keys are not available, so no token can be judged; the message says why."""


def metadata_addresses(issuer: str) -> tuple[str, ...]:
    """Where an issuer may publish its metadata, the likeliest first.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig puts the
    well-known part last, https://www.rfc-editor.org/rfc/rfc8414#section-3.1 first.
    """
    base = issuer.rstrip("/")
    scheme, _, rest = base.partition("://")
    host, slash, path = rest.partition("/")
    return (
        f"{base}/.well-known/openid-configuration",
        f"{scheme}://{host}/.well-known/oauth-authorization-server{slash}{path}",
    )


def discover(issuer: str, get: Callable[[str], dict[str, Any]]) -> str:
    """The address of the issuer's keys, as its metadata says.

    Args:
        issuer: The issuer, exactly as it stands in its tokens.
        get: Fetches a JSON document.

    Raises:
        DocumentUnavailableError: there is no metadata, it is not available, or it is another's.
    """
    missing: list[str] = []
    for address in metadata_addresses(issuer):
        try:
            metadata = get(address)
        except NoSuchDocumentError as error:
            missing.append(str(error))
            continue
        # Otherwise whoever serves one issuer's metadata could speak for another.
        # https://www.rfc-editor.org/rfc/rfc8414#section-3.3
        if metadata.get("issuer") != issuer:
            raise DocumentUnavailableError(
                f"{address} says that it is of another issuer; set oauth_issuer to the very "
                "string that it has as `issuer`"
            )
        keys = metadata.get("jwks_uri")
        if not isinstance(keys, str) or not is_safe(keys):
            raise DocumentUnavailableError(f"{address} has no `jwks_uri` with https")
        return keys
    raise DocumentUnavailableError(
        f"no metadata of the issuer ({'; '.join(missing)}); set oauth_jwks_url"
    )


def usable(document: dict[str, Any]) -> tuple[PublicKey, ...]:
    """The keys of a JWK set that can verify; others beside them do not spoil it.

    https://www.rfc-editor.org/rfc/rfc7517#section-5

    Raises:
        DocumentUnavailableError: it is no JWK set.
    """
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise DocumentUnavailableError("the issuer's keys are not a JWK set")
    found = []
    for entry in entries:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            found.append(public_key(entry))
        except Exception as error:  # noqa: BLE001 - the libraries raise many kinds
            logger.info("a key of the issuer cannot be used: %s", type(error).__name__)
    return tuple(found)


class _Fetch:
    """A fetch that is under way, in a thread of its own.

    Args:
        work: Given this, fetches.
    """

    def __init__(self, work: Callable[[_Fetch], None]) -> None:
        self._until = time.monotonic() + FETCH_SECONDS
        self._running = allocate_lock()
        self._running.acquire()
        start_new_thread(self._run, (work,))

    def _run(self, work: Callable[[_Fetch], None]) -> None:
        try:
            work(self)
        finally:
            self._running.release()

    def left(self) -> float:
        """For how many seconds it may still run."""
        return max(0.0, self._until - time.monotonic())

    def ended(self) -> bool:
        """Whether it has ended by the end of its time; waits for it."""
        if not self._running.acquire(timeout=self.left()):
            return False
        self._running.release()
        return True


class SigningKeys:
    """The public keys of one issuer, for both ways of an instance and any number of threads.

    At most one fetch is under way, and it holds nobody up who can do without: while it runs,
    known keys serve. Whoever needs what it brings waits for it, at most `FETCH_SECONDS`. It has
    a thread of its own: nothing else could end the wait for the address of a host.

    Args:
        issuer: The issuer, exactly as it stands in its tokens.
        jwks_url: Where its keys are; None to find out from its metadata.
        authority: Certificates that are trusted besides the machine's, as PEM text.
        get: Fetches a JSON document within so many seconds; None for HTTP.
        clock: Seconds since 1970. Not a monotonic clock: that one may stand still while
            Lambda has the instance frozen.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        authority: str | None = None,
        *,
        get: Get | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._get = get or (lambda url, seconds: fetch(url, seconds, authority))
        self._clock = clock
        # Held for what is below, and never while something is waited for.
        self._lock = allocate_lock()
        self._fetching: _Fetch | None = None
        self._keys: tuple[PublicKey, ...] = ()
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._failure: str | None = None
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Fetch the keys again the next time."""
        with self._lock:
            self._fetching = None
            self._keys = ()
            self._fetched_at = self._failed_at = float("-inf")
            self._failure = None

    def waits(self, key_id: object, algorithm: object) -> bool:
        """Whether `find` waits for the issuer, or for what was asked of it before."""
        found = self._known(key_id, algorithm)
        old = self._age() >= (FRESH_SECONDS if found else REFETCH_SECONDS)
        # While another caller waits for new keys, those at hand serve.
        return not found if self._fetching else old

    def find(self, key_id: str | None, algorithm: str) -> tuple[PublicKey, ...]:
        """The keys that may have signed a token: one, where names tell; none, if it is unknown.

        A name is a hint: a token may have none, and so may the issuer's keys.
        https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4

        Raises:
            IssuerUnavailableError: The keys are not available, or are too old to be trusted, or
                this one may be new and the issuer cannot be asked.
        """
        if self.waits(key_id, algorithm):
            self._refresh(key_id, algorithm)
        if self._age() >= STALE_SECONDS:
            raise IssuerUnavailableError(self._failure or "its keys were never fetched")
        found = self._known(key_id, algorithm)
        if not found and self._failure is not None:
            raise IssuerUnavailableError(self._failure)
        return found

    def _age(self) -> float:
        """How many seconds ago the keys were fetched; infinite when nobody knows."""
        age = self._clock() - self._fetched_at
        # Below 0, the clock was set back.
        return age if age >= 0 else float("inf")

    def _known(self, key_id: object, algorithm: object) -> tuple[PublicKey, ...]:
        """The keys at hand that may have signed it, while they are trusted."""
        if self._age() >= STALE_SECONDS:
            return ()
        fitting = tuple(key for key in self._keys if key.algorithm == algorithm)
        if key_id is None:
            return fitting[:MAX_TRIED]
        named = tuple(key for key in fitting if key.key_id == key_id)
        nameless = (key for key in fitting if key.key_id is None)
        return named[:1] or tuple(nameless)[:MAX_TRIED]

    def _refresh(self, key_id: str | None, algorithm: str) -> None:
        """Wait for the fetch that is under way, or for a new one unless one has just failed."""
        with self._lock:
            # Another thread's fetch may have ended just now.
            if not self.waits(key_id, algorithm):
                return
            if self._fetching is None:
                if 0 <= self._clock() - self._failed_at < RETRY_SECONDS:
                    return
                self._fetching = _Fetch(self._fetch)
            fetching = self._fetching
        if not fetching.ended():
            self._end(fetching, failure=LATE.format(seconds=FETCH_SECONDS))

    def _fetch(self, fetching: _Fetch) -> None:
        """Fetch the keys; a failure is remembered, and not tried again at once."""

        def get(url: str) -> dict[str, Any]:
            return self._get(url, fetching.left())

        keys: tuple[PublicKey, ...] = ()
        failure: str | None = "they could not be read"
        try:
            if self._jwks_url is None:
                self._jwks_url = discover(self._issuer, get)
            keys = usable(get(self._jwks_url))
            failure = None
        except TimeoutError:
            failure = LATE.format(seconds=FETCH_SECONDS)
        except DocumentUnavailableError as error:
            failure = str(error)
        finally:
            self._end(fetching, keys, failure)

    def _end(
        self, fetching: _Fetch, keys: tuple[PublicKey, ...] = (), failure: str | None = None
    ) -> None:
        """Remember what became of a fetch, unless it was given up before."""
        with self._lock:
            if self._fetching is not fetching:
                return
            self._fetching, self._failure = None, failure
            if failure is None:
                self._keys, self._fetched_at = keys, self._clock()
                self._failed_at = float("-inf")
                return
            self._failed_at = self._clock()
        logger.warning("the issuer's keys cannot be fetched: %s", failure)
