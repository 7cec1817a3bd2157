"""A request that FastMCP answers, in ASGI messages, through a streamed response."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.types import Message

from mesh.runtime.streaming.response import (
    EVENTS,
    Response,
    chunk,
    ending,
    error_trailers,
    event,
    prelude,
)
from mesh.runtime.streaming.runtime_api import ResponseLostError


class Exchange:
    """One request and its answer.

    Args:
        response: Where the answer goes; the fast path may have started it.
    """

    def __init__(self, response: Response) -> None:
        self._response = response
        self._loop = asyncio.get_running_loop()
        # What a response that the fast path has started does with what FastMCP sends.
        self._as_event = False
        # The end was taken.
        self._ended = asyncio.Event()
        self.left = asyncio.Event()
        # The application waits for what its client does.
        self.heard = False
        self._heard_from_api = asyncio.Event()
        if response.over:
            self.left.set()
        elif response.connection is not None:
            self._listen()

    async def receive(self) -> Message:
        """What comes after the request: the end, by either side."""
        self.heard = True
        ends = [asyncio.ensure_future(event.wait()) for event in (self._ended, self.left)]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass on a part of the answer; nothing once the client has left."""
        if self.left.is_set():
            return
        try:
            if message["type"] == "http.response.start":
                await self._begin(message)
            elif self._response.connection is not None:
                body = message.get("body", b"")
                if self._as_event:
                    body = event(body.decode()).encode()
                await self._send(*chunk(body))
                if not message.get("more_body", False):
                    await self._end()
        except ResponseLostError:
            self.left.set()

    async def _begin(self, message: Message) -> None:
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in message.get("headers", [])
        ]
        head = prelude(message["status"], headers)
        if self._response.connection is not None:
            # Started on the fast path, as an event stream.
            self._as_event = head["headers"].get("content-type") != EVENTS
            return
        opening = self._response.opening(head)
        self._listen()
        await self._send(opening)

    async def _end(self, trailers: dict[str, str] | None = None) -> None:
        self._response.over = True
        await self._send(ending(trailers))
        await self._heard_from_api.wait()
        self._connected().settimeout(None)
        self._response.accepted()
        # Not before: an application that hears of the end stops sending it.
        self._ended.set()

    async def fail(self, error_type: str, message: str) -> None:
        """End with an error, whatever was sent so far; not after the end."""
        if self._response.over:
            return
        if self._response.connection is None:
            self._response.fail(error_type, message)
            return
        with contextlib.suppress(ResponseLostError):
            await self._end(error_trailers(error_type, message))

    def close(self) -> None:
        """Leave the connection as it can be used, or not at all."""
        connection = self._response.connection
        if connection is not None and connection.socket.fileno() >= 0:
            self._loop.remove_reader(connection.socket.fileno())
            connection.socket.settimeout(None)
        if not self.complete:
            self._response.lose()

    @property
    def complete(self) -> bool:
        """Whether the whole answer was sent."""
        return self._ended.is_set()

    def _connected(self) -> Any:
        assert self._response.connection is not None  # noqa: S101 - it has started
        return self._response.connection.socket

    def _listen(self) -> None:
        socket = self._connected()
        socket.settimeout(0)
        self._loop.add_reader(socket.fileno(), self._on_heard)

    def _on_heard(self) -> None:
        """The Runtime API answers, or leaves: before the end, nobody takes the rest."""
        self._loop.remove_reader(self._connected().fileno())
        self._heard_from_api.set()
        if not self._response.over:
            self.left.set()

    async def _send(self, *parts: bytes) -> None:
        try:
            for part in parts:
                await self._loop.sock_sendall(self._connected(), part)
        except OSError as error:
            raise ResponseLostError(str(error)) from error
