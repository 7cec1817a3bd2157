"""The JSON documents that an issuer publishes, fetched within limits."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import httpx2

from mesh.runtime.aws.tls import client_context

MAX_BYTES = 256 * 1024
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class DocumentUnavailableError(Exception):
    """The document is not available now; the message says where it should be, and why not."""


class NoSuchDocumentError(DocumentUnavailableError):
    """The issuer is up, and has no such document at this address."""


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


async def _get(url: str) -> tuple[int, bytes]:
    """Status and body, at most a byte longer than `MAX_BYTES`."""
    # A connection of its own: requests are rare, and one kept over a freeze is stale. No time
    # limit for single reads: the caller has one for everything together. Nothing is taken from
    # the environment, so no password of a .netrc is sent.
    async with (
        httpx2.AsyncClient(verify=client_context(), timeout=None, trust_env=False) as client,
        # Uncompressed, so that what is read is what is counted.
        client.stream(
            "GET", url, headers={"accept": "application/json", "accept-encoding": "identity"}
        ) as response,
    ):
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                break
        return response.status_code, bytes(body)


async def fetch(url: str) -> dict[str, Any]:
    """The JSON object at this address. No redirect is followed.

    It waits as long as the issuer does not answer: limit the time with `anyio.fail_after`.

    Raises:
        NoSuchDocumentError: The answer is a redirect, an error of HTTP's that is the client's,
            or no JSON object: some issuers answer so for addresses that they do not use.
        DocumentUnavailableError: There is no answer, or a failure, or more than 256 KiB.
    """
    if not is_safe(url):
        raise DocumentUnavailableError(f"{url} is not an https address")
    try:
        status, body = await _get(url)
    except (OSError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise DocumentUnavailableError(f"{url}: {type(error).__name__}") from error
    if httpx2.codes.MULTIPLE_CHOICES <= status < httpx2.codes.INTERNAL_SERVER_ERROR and (
        status != httpx2.codes.TOO_MANY_REQUESTS
    ):
        raise NoSuchDocumentError(f"{url}: HTTP {status}")
    if status != httpx2.codes.OK:
        raise DocumentUnavailableError(f"{url}: HTTP {status}")
    if len(body) > MAX_BYTES:
        raise DocumentUnavailableError(f"{url}: more than {MAX_BYTES} bytes")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise NoSuchDocumentError(f"{url}: not a JSON object")
    return document
