"""The JSON documents that an issuer publishes, fetched within limits."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

CONNECT_AND_READ_SECONDS = 3.0
MAX_BYTES = 256 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DocumentUnavailableError(Exception):
    """The document cannot be had now; the message says where it should be, and why not."""


class NoSuchDocumentError(DocumentUnavailableError):
    """The issuer answered, and has no such document."""


def is_safe(url: str) -> bool:
    """Whether what comes from there can be trusted: HTTPS, or this very machine."""
    try:
        parts = urlsplit(url)
        hostname, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if hostname is None or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and hostname in LOOPBACK)


def fetch(url: str) -> dict[str, Any]:
    """The JSON object at this address. No redirect is followed: keys come from where it was said.

    Raises:
        NoSuchDocumentError: it is not there, HTTP 404 or the like.
        DocumentUnavailableError: no answer within 3 seconds, or none that is a JSON object.
    """
    if not is_safe(url):
        raise DocumentUnavailableError(f"{url} is no address with https")
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    # A fresh connection for each: they are rare, and one kept over a freeze is stale.
    connection = kind(parts.netloc, timeout=CONNECT_AND_READ_SECONDS)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        body = response.read(MAX_BYTES + 1)
        status = response.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise DocumentUnavailableError(f"{url}: {type(error).__name__}") from error
    finally:
        connection.close()
    if status in {http.client.NOT_FOUND, http.client.METHOD_NOT_ALLOWED, http.client.GONE}:
        raise NoSuchDocumentError(f"{url}: HTTP {status}")
    if status != http.client.OK:
        raise DocumentUnavailableError(f"{url}: HTTP {status}")
    if len(body) > MAX_BYTES:
        raise DocumentUnavailableError(f"{url}: more than {MAX_BYTES} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise DocumentUnavailableError(f"{url}: no JSON object")
    return document
