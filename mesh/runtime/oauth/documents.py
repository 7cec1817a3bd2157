"""The JSON documents that an issuer publishes, fetched within limits."""

from __future__ import annotations

import json

from mesh.runtime.aws import tls
from mesh.runtime.aws.http_exchange import ExchangeError, ExchangeTimeoutError, TooLongError, get
from mesh.runtime.config.variables import is_plain

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from mesh.runtime.aws.http_exchange import Connect

MAX_BYTES = 256 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OK, MULTIPLE_CHOICES, TOO_MANY_REQUESTS, SERVER_ERROR = 200, 300, 429, 500
# Uncompressed, so that what is read is what is counted.
HEADERS = {"accept": "application/json", "accept-encoding": "identity"}


class DocumentUnavailableError(Exception):
    """The document is not available now; the message says where it should be, and why not."""


class NoSuchDocumentError(DocumentUnavailableError):
    """The issuer is up, and has no such document at this address."""


def is_safe(url: str) -> bool:
    """Whether what comes from there can be trusted: HTTPS, or this very machine."""
    if is_plain(url):
        return True
    # As https://www.rfc-editor.org/rfc/rfc3986 writes addresses: nothing that ends a line of HTTP.
    if not url.isascii() or not url.isprintable() or " " in url:
        return False
    from urllib.parse import urlsplit  # 3 ms, and most issuers have plain addresses

    try:
        parts = urlsplit(url)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if hostname is None or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and hostname in LOOPBACK)


def _connect(authority: str | None) -> Connect:
    """What makes connections that trust this authority besides the machine's."""

    def connect(host: str, port: int, seconds: float) -> Any:
        try:
            return tls.connect(host, port, seconds, authority)
        except tls.UnreadableAuthorityError as error:
            raise DocumentUnavailableError(
                "the issuer's own authority (oauth_issuer_ca) is no certificate"
            ) from error

    return connect


def fetch(url: str, timeout_seconds: float, authority: str | None = None) -> dict[str, Any]:
    """The JSON object at this address. No redirect is followed, and no proxy is asked.

    Args:
        url: Where it is.
        timeout_seconds: For all of it together, but for looking up the host's address.
        authority: Certificates that are trusted besides the machine's, as PEM text.

    Raises:
        NoSuchDocumentError: The answer is a redirect, an error of HTTP's that is the client's,
            or no JSON object: some issuers answer so for addresses that they do not use.
        DocumentUnavailableError: There is no answer, or a failure, or more than 256 KiB.
        TimeoutError: There is no whole answer in time.
    """
    if not is_safe(url):
        raise DocumentUnavailableError(f"{url} is not an https address")

    try:
        status, body = get(url, HEADERS, timeout_seconds, MAX_BYTES, _connect(authority))
    except ExchangeTimeoutError:
        raise TimeoutError from None
    except TooLongError:
        raise DocumentUnavailableError(f"{url}: more than {MAX_BYTES} bytes") from None
    except ExchangeError as error:
        raise DocumentUnavailableError(f"{url}: {error}") from error
    if MULTIPLE_CHOICES <= status < SERVER_ERROR and status != TOO_MANY_REQUESTS:
        raise NoSuchDocumentError(f"{url}: HTTP {status}")
    if status != OK:
        raise DocumentUnavailableError(f"{url}: HTTP {status}")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NoSuchDocumentError(f"{url}: not a JSON object")
    return document
