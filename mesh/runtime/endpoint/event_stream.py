"""Server-sent events, sent as they come, and comments that keep a silent stream open.

https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes
"""

from __future__ import annotations

import asyncio

from starlette.types import Send

from mesh.runtime.request.accept import PING, PING_SECONDS

type Headers = list[tuple[bytes, bytes]]


class EventStream:
    """An answer of status 200; it begins with the first event, or when nothing came for long.

    Args:
        send: ASGI's.
        headers: Of the answer.
        ping_seconds: How long it may be silent.
    """

    def __init__(self, send: Send, headers: Headers, ping_seconds: float = PING_SECONDS) -> None:
        self._send = send
        self._headers = headers
        self._ping_seconds = ping_seconds
        self._sending = asyncio.Lock()
        self._pinging: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(ping_seconds, self._on_silence)
        self._hushed = False
        self.begun = False

    async def begin(self) -> None:
        """Send the headers."""
        async with self._sending:
            await self._begin()

    async def event(self, message: str) -> None:
        """Send an event.

        Args:
            message: On one line.
        """
        await self._part(_event(message), more=True)

    async def end(self, message: str) -> None:
        """Send the last event."""
        await self._part(_event(message), more=False)

    async def stop_pings(self) -> None:
        """Send no comment from here on; `begun` does not change by itself any more."""
        self._hushed = True
        self._timer.cancel()
        if self._pinging is not None:
            await asyncio.wait({self._pinging})

    def close(self) -> None:
        """Leave nothing behind, however it ended."""
        self._hushed = True
        self._timer.cancel()
        if self._pinging is not None:
            self._pinging.cancel()

    async def _part(self, body: bytes, *, more: bool) -> None:
        self._timer.cancel()
        async with self._sending:
            await self._begin()
            await self._send({"type": "http.response.body", "body": body, "more_body": more})
        if more and not self._hushed:
            self._timer = self._loop.call_later(self._ping_seconds, self._on_silence)

    async def _begin(self) -> None:
        if not self.begun:
            self.begun = True
            headers = list(self._headers)
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    def _on_silence(self) -> None:
        self._pinging = self._loop.create_task(self._part(PING, more=True))


def _event(message: str) -> bytes:
    return f"event: message\r\ndata: {message}\r\n\r\n".encode()
