"""Faults to order: what a server does instead of answering, once or until told otherwise."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body></body></html>"


@dataclass(frozen=True)
class Fault:
    """What happens instead of an answer; made by the methods below.

    Attributes:
        status: the answer's status; None leaves the answer to the server itself.
        headers: of the answer, beside its length.
        body: of the answer; None gives the service's usual one for the status.
        delay_seconds: how long to wait first; a client that gives up meanwhile was never there.
        disconnect: the connection ends in the middle of the answer's body.
        dimensions: embeddings are answered with this many numbers.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    delay_seconds: float = 0.0
    disconnect: bool = False
    dimensions: int | None = None

    @classmethod
    def error(cls, status: int, *, retry_after: float | None = None, body: object = None) -> Fault:
        """An error status, with the service's usual body or the JSON of `body`."""
        headers = (("retry-after", f"{retry_after:g}"),) if retry_after is not None else ()
        sent = None if body is None else json.dumps(body).encode()
        return cls(status=status, headers=(*headers, JSON), body=sent)

    @classmethod
    def delay(cls, seconds: float) -> Fault:
        """The right answer, late."""
        return cls(delay_seconds=seconds)

    @classmethod
    def cut_off(cls) -> Fault:
        """Status 200, and the connection ends in the middle of the body."""
        return cls(status=200, headers=(JSON,), body=b'{"data": [{"object": ', disconnect=True)

    @classmethod
    def malformed(cls) -> Fault:
        """Status 200 and a body that is no JSON, though its header says so."""
        return cls(status=200, headers=(JSON,), body=b'{"data": [{"object": "embe')

    @classmethod
    def html(cls, status: int = 502) -> Fault:
        """A page, as proxies send."""
        return cls(status=status, headers=(("content-type", "text/html"),), body=HTML)

    @classmethod
    def wrong_dimension(cls, dimensions: int = 3) -> Fault:
        """Embeddings of another length than was asked for."""
        return cls(dimensions=dimensions)


JSON = ("content-type", "application/json")


@dataclass
class _Order:
    fault: Fault
    path: str
    times: int | None


@dataclass
class Faults:
    """Faults that wait for their requests; safe to use from any thread.

    Attributes:
        cleared: how often `clear` was called.
    """

    _orders: list[_Order] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    cleared: int = 0

    def add(self, fault: Fault, *, path: str = "", times: int | None = 1) -> None:
        """Have the next requests fail.

        Args:
            fault: how.
            path: only requests whose path holds this, such as `rpc/mesh_search_tickets`.
            times: how many of them; None for all until `clear`.
        """
        with self._lock:
            self._orders.append(_Order(fault, path, times))

    def clear(self) -> None:
        """Forget what has not happened yet, requests that still wait among it."""
        with self._lock:
            self._orders.clear()
            self.cleared += 1

    def waiting(self) -> int:
        """How many orders have not been used up."""
        with self._lock:
            return len(self._orders)

    def take(self, path: str) -> Fault | None:
        """What is to happen to a request with this path; the first order that fits."""
        with self._lock:
            for order in self._orders:
                if order.path in path:
                    if order.times is not None:
                        order.times -= 1
                        if order.times == 0:
                            self._orders.remove(order)
                    return order.fault
        return None


def with_faults(app: App, faults: Faults, error_body: Callable[[int], object]) -> App:
    """`app`, failing to order.

    Args:
        app: what answers otherwise.
        faults: the orders.
        error_body: the JSON that the service usually sends with a status.
    """

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        cleared = faults.cleared
        fault = faults.take(scope["path"]) if scope["type"] == "http" else None
        if fault is None:
            await app(scope, receive, send)
            return
        if fault.delay_seconds:
            asked = await read_body(receive)
            if await _gone_within(fault.delay_seconds, receive) or faults.cleared != cleared:
                # Nothing comes of it any more: whoever is here by then would find a request
                # that is not theirs, and miss an answer that was.
                return
            receive = _again(asked, receive)
        if fault.status is None:
            await app({**scope, "mesh.fault": fault}, receive, send)
            return
        body = fault.body
        if body is None:
            body = json.dumps(error_body(fault.status)).encode()
        length = len(body) * 2 if fault.disconnect else len(body)
        headers = [*fault.headers, ("content-length", str(length))]
        await send(
            {
                "type": "http.response.start",
                "status": fault.status,
                "headers": [(name.encode(), value.encode()) for name, value in headers],
            }
        )
        # More is announced than comes: the server then closes the connection.
        await send({"type": "http.response.body", "body": body, "more_body": fault.disconnect})

    return faulty


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _gone_within(seconds: float, receive: Receive) -> bool:
    """Wait; whether the client closed the connection meanwhile."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
            return True
    return False


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, then what comes after it."""
    read: list[MutableMapping[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": False}
    ]

    async def given() -> MutableMapping[str, Any]:
        return read.pop() if read else await receive()

    return given
