"""An issuer's public keys: found, kept for a while, and fetched again when it changes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
from jwt import PyJWK

from mesh.runtime.aws import snapshot
from mesh.runtime.oauth.documents import (
    DocumentUnavailableError,
    NoSuchDocumentError,
    fetch,
    is_safe,
)

# Public keys only: HS256 with a public key as its secret, and `none`, cannot be asked for.
ALGORITHMS = ("ES256", "EdDSA", "RS256")

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

type Get = Callable[[str], Awaitable[dict[str, Any]]]

logger = logging.getLogger("mesh.oauth")


class IssuerUnavailableError(Exception):
    """The issuer's keys are not available, so no token can be judged; the message says why."""


def metadata_addresses(issuer: str) -> tuple[str, ...]:
    """Where an issuer may publish its metadata, the likeliest first.

    https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig puts the
    well-known part last, https://www.rfc-editor.org/rfc/rfc8414#section-3.1 first.
    """
    base = issuer.rstrip("/")
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        f"{base}/.well-known/openid-configuration",
        f"{origin}/.well-known/oauth-authorization-server{parts.path}",
    )


async def discover(issuer: str, get: Get = fetch) -> str:
    """The address of the issuer's keys, as its metadata says.

    Raises:
        DocumentUnavailableError: there is no metadata, it is not available, or it is another's.
    """
    missing: list[str] = []
    for address in metadata_addresses(issuer):
        try:
            metadata = await get(address)
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


def usable(document: dict[str, Any]) -> tuple[PyJWK, ...]:
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
        # Without `alg`, the key's type tells the algorithm.
        if entry.get("alg") not in (None, *ALGORITHMS):
            continue
        try:
            key = PyJWK(entry)
        except Exception as error:  # noqa: BLE001 - the libraries raise many kinds
            logger.info("a key of the issuer cannot be read: %s", type(error).__name__)
            continue
        if key.algorithm_name in ALGORITHMS:
            found.append(key)
    return tuple(found)


class SigningKeys:
    """The public keys of one issuer. All callers ask from one event loop.

    At most one fetch is under way, and it holds nobody up who can do without: while it runs,
    known keys serve. Whoever needs what it brings waits for it, at most `FETCH_SECONDS`.

    Args:
        issuer: The issuer, exactly as it stands in its tokens.
        jwks_url: Where its keys are; None to find out from its metadata.
        get: Fetches a JSON document.
        clock: Seconds since 1970. Not a monotonic clock: that one may stand still while
            Lambda has the instance frozen.
    """

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        *,
        get: Get = fetch,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._get = get
        self._clock = clock
        self._fetching: asyncio.Task[None] | None = None
        self._keys: tuple[PyJWK, ...] = ()
        self._fetched_at = float("-inf")
        self._failed_at = float("-inf")
        self._failure: str | None = None
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Fetch the keys again the next time."""
        self._keys = ()
        self._fetched_at = self._failed_at = float("-inf")
        self._failure = None

    async def find(self, key_id: str | None, algorithm: str) -> tuple[PyJWK, ...]:
        """The keys that may have signed a token: one, where names tell; none, if it is unknown.

        A name is a hint: a token may have none, and so may the issuer's keys.
        https://www.rfc-editor.org/rfc/rfc7515#section-4.1.4

        Raises:
            IssuerUnavailableError: The keys are not available, or are too old to be trusted, or
                this one may be new and the issuer cannot be asked.
        """
        found = self._choose(key_id, algorithm) if self._age() < STALE_SECONDS else ()
        old = self._age() >= (FRESH_SECONDS if found else REFETCH_SECONDS)
        # While another caller waits for new keys, those at hand serve.
        if (old or self._fetching) and not (found and self._fetching):
            await self._refresh()
        if self._age() >= STALE_SECONDS:
            raise IssuerUnavailableError(self._failure or "its keys were never fetched")
        found = self._choose(key_id, algorithm)
        if not found and self._failure is not None:
            raise IssuerUnavailableError(self._failure)
        return found

    def _age(self) -> float:
        """How many seconds ago the keys were fetched; infinite when nobody knows."""
        age = self._clock() - self._fetched_at
        # Below 0, the clock was set back.
        return age if age >= 0 else float("inf")

    def _choose(self, key_id: str | None, algorithm: str) -> tuple[PyJWK, ...]:
        fitting = tuple(key for key in self._keys if key.algorithm_name == algorithm)
        if key_id is None:
            return fitting[:MAX_TRIED]
        named = tuple(key for key in fitting if key.key_id == key_id)
        nameless = (key for key in fitting if key.key_id is None)
        return named[:1] or tuple(nameless)[:MAX_TRIED]

    async def _refresh(self) -> None:
        """Wait for the fetch that is under way, or for a new one unless one has just failed."""
        if self._fetching is None:
            if 0 <= self._clock() - self._failed_at < RETRY_SECONDS:
                return
            self._fetching = asyncio.create_task(self._fetch())
            self._fetching.add_done_callback(self._fetched)
        # A client that leaves must not end what others wait for.
        await asyncio.shield(self._fetching)

    def _fetched(self, _task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        """Fetch the keys; a failure is remembered, and not tried again at once."""
        try:
            with anyio.fail_after(FETCH_SECONDS):
                if self._jwks_url is None:
                    self._jwks_url = await discover(self._issuer, self._get)
                keys = usable(await self._get(self._jwks_url))
        except TimeoutError:
            self._failed(f"the issuer did not answer within {FETCH_SECONDS:g} seconds")
        except DocumentUnavailableError as error:
            self._failed(str(error))
        else:
            self._keys, self._fetched_at = keys, self._clock()
            self._failed_at, self._failure = float("-inf"), None

    def _failed(self, why: str) -> None:
        self._failed_at, self._failure = self._clock(), why
        logger.warning("the issuer's keys cannot be fetched: %s", why)
