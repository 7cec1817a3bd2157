"""Whether a request came through the server's own domain: the check of its secret header.

CloudFront puts the header into every request that it passes on. Only SHA-256 hashes of its
values are known here, from one SSM parameter: `{"secrets": [{"sha256", "created"}]}`. Two are
valid while one replaces the other. Only the standard library is needed, so that
whatever answers requests can ask here first.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from mesh.runtime.access.hash_store import StoredHashes
from mesh.runtime.digests import sha256
from mesh.runtime.record import Record

# As terraform/modules/custom_domain/viewer_request.tf writes them, in lower case.
HEADER = "x-mesh-origin-secret"
VIEWER_HEADER = "x-mesh-viewer-address"
FORBIDDEN = 403


class OriginSecretUnavailableError(Exception):
    """The hashes are not available, so nothing is let through; the message has no secret."""


class StoredSecret(Record):
    """A value of the header as it is stored.

    Attributes:
        sha256: `digest` of the value.
        created: when it was made, ISO 8601 in UTC.
    """

    sha256: str
    created: str


def digest(value: str) -> str:
    """Hexadecimal SHA-256 of a value of the header."""
    return sha256(value.encode()).hexdigest()


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


class OriginSecrets(StoredHashes):
    """The values of the header that are valid now.

    Args:
        read: gives the stored document; raises `OriginSecretUnavailableError` when it cannot.
        source: what people call the place it comes from, for messages.
        ttl_seconds: how long a read is trusted.
        clock: seconds since 1970.
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
            OriginSecretUnavailableError,
            "holds no origin secret yet; make one with `mesh domain rotate`",
            source=source,
            ttl_seconds=ttl_seconds,
            clock=clock,
        )

    def blocks(self, value: str) -> bool:
        """Whether `accepts` will read the document, and so may take seconds."""
        return self.reads_for(digest(value))

    def accepts(self, value: str) -> bool:
        """Whether this is a valid value. An unknown one makes it read again, within a limit.

        Raises:
            OriginSecretUnavailableError: the hashes cannot be read, or there are none yet.
        """
        return self.matching(digest(value)) is not None


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
