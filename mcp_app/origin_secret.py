"""Whether a request came through the server's own domain: the check of its secret header.

CloudFront puts the header into every request that it passes on. Only SHA-256 hashes of its
values are known here, from one SSM parameter: `{"secrets": [{"sha256", "created"}]}`. Two are
valid while one replaces the other. Only the standard library is needed, so that
whatever answers requests can ask here first.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from mcp_app import snapshot

# As terraform/modules/custom_domain/viewer_request.js writes them, in lower case.
HEADER = "x-mesh-origin-secret"
VIEWER_HEADER = "x-mesh-viewer-address"


class OriginSecretUnavailableError(Exception):
    """The hashes cannot be had, so nothing is let through; the message has no secret."""


@dataclass(frozen=True)
class StoredSecret:
    """A value of the header as it is stored.

    Attributes:
        sha256: `digest` of the value.
        created: when it was made, ISO 8601 in UTC.
    """

    sha256: str
    created: str


def digest(value: str) -> str:
    """Hexadecimal SHA-256 of a value of the header."""
    return hashlib.sha256(value.encode()).hexdigest()


def parse(document: str) -> tuple[StoredSecret, ...]:
    """The secrets of a stored document; Terraform's placeholder `{}` holds none.

    Raises:
        ValueError: the document is not of the form above.
    """
    try:
        entries = json.loads(document).get("secrets", [])
        return tuple(StoredSecret(str(one["sha256"]), str(one["created"])) for one in entries)
    except (ValueError, AttributeError, KeyError, TypeError):
        raise ValueError('the value is not a document of the form {"secrets": [...]}') from None


class OriginSecrets:
    """The values of the header that are valid now, read when needed and trusted for a while.

    Args:
        read: gives the stored document; raises `OriginSecretUnavailableError` when it cannot.
        source: what people call the place it comes from, for messages.
        ttl_seconds: how long a read is trusted.
        clock: seconds since 1970; runs on while Lambda has the instance frozen.
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
        self._secrets: tuple[StoredSecret, ...] = ()
        self._read_at = float("-inf")
        snapshot.forgets(self.forget)

    def forget(self) -> None:
        """Read again when next needed."""
        self._secrets, self._read_at = (), float("-inf")

    @property
    def fresh(self) -> bool:
        """Whether `accepts` needs no read, and so cannot block."""
        # Below 0, the clock was set back: how long ago the read was is not known then.
        return bool(self._secrets) and 0 <= self._clock() - self._read_at < self._ttl_seconds

    def _current(self) -> tuple[StoredSecret, ...]:
        if not self.fresh:
            # Not kept beyond its time when the next read fails.
            self._secrets = ()
            now = self._clock()
            try:
                found = parse(self._read())
            except ValueError as error:
                raise OriginSecretUnavailableError(f"{self._source}: {error}") from None
            if not found:
                raise OriginSecretUnavailableError(
                    f"{self._source} holds no origin secret yet; make one with `mesh domain rotate`"
                )
            self._secrets, self._read_at = found, now
        return self._secrets

    def accepts(self, value: str) -> bool:
        """Whether this is a valid value, compared in constant time.

        Raises:
            OriginSecretUnavailableError: the hashes cannot be read, or there are none yet.
        """
        presented = digest(value)
        # Every one is compared, so that timing does not tell which one it was.
        matches = [hmac.compare_digest(one.sha256, presented) for one in self._current()]
        return any(matches)


def refusal(
    secrets: OriginSecrets, value: str | None, *, signed: bool, address: str
) -> tuple[int, str] | None:
    """Why a request is not answered: HTTP status and message; None when it may pass.

    Args:
        secrets: what is valid.
        value: the header's value; None without the header.
        signed: whether the Function URL has authenticated the caller by IAM. Such requests
            come to the candidate's URL, which CloudFront is not in front of.
        address: the domain's, where callers should go instead.
    """
    if signed:
        return None
    try:
        if value is not None and secrets.accepts(value):
            return None
    except OriginSecretUnavailableError as error:
        return 503, f"Whether requests come through {address} cannot be checked: {error}."
    return 403, f"This server is at {address} and answers no requests that do not come from there."
