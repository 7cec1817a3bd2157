"""One HTTP/1.1 exchange over a connection of its own, for small JSON answers.

`http.client` and what it imports would cost a cold start more than the exchange itself.
A fresh connection each time: one kept over a freeze of the sandbox is stale.
"""

from __future__ import annotations

import time

from mesh.runtime.aws import aws_tls

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

type Connect = Callable[[str, int, float], Any]

MAX_ANSWER_BYTES = 1024 * 1024
MAX_HEAD_BYTES = 64 * 1024
READ_BYTES = 64 * 1024


class ExchangeError(Exception):
    """There is no whole answer; the message is the kind of error, nothing of its content."""


class ExchangeTimeoutError(ExchangeError):
    """There is no whole answer in time."""


class TooLongError(ExchangeError):
    """The answer is longer than it may be."""


def post(
    url: str, headers: Mapping[str, str], body: bytes, timeout_seconds: float
) -> tuple[int, bytes]:
    """Send a POST to a service of AWS; the answer's status and body.

    Args:
        url: `http://` or `https://`, a host, perhaps a port and a path.
        headers: Without Content-Length and Connection, which are added.
        body: What is sent.
        timeout_seconds: For all of it together.

    Raises:
        ExchangeError: no connection, no whole answer in time, or none of this form.
    """
    headers = {**headers, "content-length": str(len(body))}
    return _exchange("POST", url, headers, body, timeout_seconds, MAX_ANSWER_BYTES, aws_tls.connect)


def get(
    url: str, headers: Mapping[str, str], timeout_seconds: float, max_bytes: int, connect: Connect
) -> tuple[int, bytes]:
    """Send a GET; the answer's status and body.

    Args:
        url: `http://` or `https://`, a host, perhaps a port, a path and a query.
        headers: Without Host and Connection, which are added.
        timeout_seconds: For all of it together, but for looking up the host's address.
        max_bytes: How long the body may be.
        connect: Makes connections with TLS, by host, port and timeout.

    Raises:
        TooLongError: the body is longer.
        ExchangeError: no connection, no whole answer in time, or none of this form.
    """
    _, authority, _ = _parts(url)
    headers = {"host": authority, **headers}
    return _exchange("GET", url, headers, b"", timeout_seconds, max_bytes, connect)


def _parts(url: str) -> tuple[str, str, str]:
    """Scheme, host and port as they are written, and what is asked for there."""
    scheme, _, rest = url.partition("://")
    end = min((rest.find(one) for one in "/?" if one in rest), default=len(rest))
    target = rest[end:]
    return scheme.lower(), rest[:end], target if target.startswith("/") else f"/{target}"


def _exchange(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    timeout_seconds: float,
    max_bytes: int,
    connect: Connect,
) -> tuple[int, bytes]:
    deadline = time.monotonic() + timeout_seconds
    scheme, authority, target = _parts(url)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["connection: close"]
    request = "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode() + body
    try:
        connection = _connected(scheme, authority, timeout_seconds, connect)
        try:
            connection.sendall(request)
            received = _received(connection, deadline, max_bytes)
        finally:
            connection.close()
    except aws_tls.UnreadableBundleError as error:
        raise ExchangeError(str(error)) from error
    except TimeoutError as error:
        raise ExchangeTimeoutError(type(error).__name__) from error
    except (OSError, ValueError) as error:
        raise ExchangeError(type(error).__name__) from error
    status, answer = _parsed(received)
    if len(answer) > max_bytes:
        raise TooLongError(f"an answer beyond {max_bytes} bytes")
    return status, answer


def _connected(scheme: str, authority: str, timeout_seconds: float, connect: Connect) -> Any:
    # Not for deployments that never ask.
    from mesh.runtime.aws.light_tls import create_connection

    if authority.startswith("["):
        host, _, port = authority[1:].partition("]")
    else:
        host, _, port = authority.partition(":")
    number = int(port.removeprefix(":") or (443 if scheme == "https" else 80))
    if scheme == "https":
        return connect(host, number, timeout_seconds)
    return create_connection((host, number), timeout_seconds)


def _received(connection: Any, deadline: float, max_bytes: int) -> bytes:
    """All of it: until the other side closes, as it was asked to, or what it promised is here."""
    received = bytearray()
    while not _complete(received):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
        chunk = connection.recv(READ_BYTES)
        if not chunk:
            break
        received += chunk
        if len(received) > max_bytes + MAX_HEAD_BYTES:
            raise TooLongError(f"an answer beyond {max_bytes} bytes")
    return bytes(received)


def _head(received: bytes | bytearray) -> tuple[list[str], dict[str, str], int] | None:
    """Status line, headers, and where the body begins; None while they are not all there."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = received[:end].decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return first.split(" ", 2), headers, end + 4


def _complete(received: bytes | bytearray) -> bool:
    head = _head(received)
    if head is None:
        return False
    _, headers, begin = head
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return received.endswith(b"\r\n0\r\n\r\n") or received[begin:] == b"0\r\n\r\n"
    length = headers.get("content-length", "")
    return length.isdecimal() and len(received) - begin >= int(length)


def _parsed(received: bytes) -> tuple[int, bytes]:
    head = _head(received)
    if head is None:
        raise ExchangeError("the connection ended without an answer")
    status, headers, begin = head
    if len(status) < 2 or not status[1].isdecimal():  # noqa: PLR2004 - protocol and status
        raise ExchangeError("an answer that is no HTTP")
    body = received[begin:]
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return int(status[1]), _dechunked(body)
    length = headers.get("content-length")
    if length is not None and (not length.isdecimal() or len(body) < int(length)):
        raise ExchangeError("an answer that was cut off")
    return int(status[1]), body if length is None else body[: int(length)]


def _dechunked(body: bytes) -> bytes:
    whole = bytearray()
    while True:
        line, found, body = body.partition(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise ExchangeError("an answer that was cut off") from None
        if not found or len(body) < size + 2:
            raise ExchangeError("an answer that was cut off")
        if size == 0:
            return bytes(whole)
        whole += body[:size]
        body = body[size + 2 :]
