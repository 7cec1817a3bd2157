"""One HTTP exchange with a server or an issuer, and in plain words why there was none."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from mesh.failure import CommandFailedError

SECONDS = 10.0
MAX_BYTES = 256 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
EXCERPT = 120

_authority: ContextVar[str | None] = ContextVar("authority", default=None)


class NoAnswerError(Exception):
    """There was no answer; the message says from where, and why."""


@dataclass(frozen=True)
class Reply:
    """An answer: `text` has at most `MAX_BYTES` bytes of it."""

    url: str
    status: int
    headers: httpx.Headers
    text: str

    @property
    def document(self) -> dict[str, Any] | None:
        """The JSON object that it is; None for anything else."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's class of success

    def said(self) -> str:
        """Give the status, and OAuth's or JSON-RPC's error in it, else how the text begins."""
        document = self.document or {}
        error = document.get("error")
        if isinstance(error, dict):
            error = error.get("message")
        told = [error, document.get("error_description")]
        words = [str(one) for one in told if one] or [" ".join(self.text.split())[:EXCERPT]]
        return ": ".join(filter(None, [f"HTTP {self.status}", *words]))


def is_safe(url: object) -> bool:
    """Say whether this is an https address, or one of this machine."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


def _causes(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def why_not(error: Exception) -> str:
    """Say in plain words why there was no answer."""
    if isinstance(error, httpx.TimeoutException):
        return f"no answer within {SECONDS:g} seconds"
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted here: {cause.verify_message}"
        if isinstance(cause, socket.gaierror):
            return "its host name is unknown"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there (connection refused)"
    return str(error) or type(error).__name__


def exchange(method: str, url: str, **request: Any) -> Reply:
    """Send one request; no redirect is followed, and no password of a .netrc is sent.

    Args:
        method: HTTP's.
        url: an https address, or one of this machine.
        request: what httpx takes: `headers`, `json`, `data`.

    Raises:
        NoAnswerError: there was none.
    """
    if not is_safe(url):
        raise NoAnswerError(f"{url} is not an https address")
    body = bytearray()
    try:
        with (
            httpx.Client(
                timeout=SECONDS, auth=httpx.Auth(), verify=_authorities(_authority.get())
            ) as client,
            client.stream(method, url, **request) as response,
        ):
            for chunk in response.iter_bytes():
                body += chunk
                # An event stream may stay open: its first event is all that is asked for.
                if len(body) >= MAX_BYTES or _is_first_event(response, body):
                    break
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NoAnswerError(f"{url}: {why_not(error)}") from error
    text = bytes(body[:MAX_BYTES]).decode(errors="replace")
    return Reply(url, response.status_code, response.headers, text)


@contextmanager
def trusting(authority: str | None) -> Iterator[None]:
    """Trust a private authority besides the machine's, for every exchange within.

    Args:
        authority: its certificates, as PEM text; None for no other.

    Raises:
        CommandFailedError: it is no certificate.
    """
    _authorities(authority)
    before = _authority.set(authority)
    try:
        yield
    finally:
        _authority.reset(before)


@cache
def _authorities(authority: str | None) -> ssl.SSLContext:
    """The authorities that are trusted; reading them takes longer than most exchanges."""
    context = httpx.create_ssl_context()
    if authority is not None:
        try:
            context.load_verify_locations(cadata=authority)
        except (OSError, ValueError) as error:
            raise CommandFailedError(
                "the authority's certificate (oauth_issuer_ca, --ca) cannot be read: give it as "
                "PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
            ) from error
    return context


def _is_first_event(response: httpx.Response, body: bytearray) -> bool:
    streams = response.headers.get("content-type", "").startswith("text/event-stream")
    return streams and b"\n\n" in body.replace(b"\r\n", b"\n")
