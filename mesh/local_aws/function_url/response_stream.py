"""A streamed response on its way from the Runtime API to the client of a Function URL.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

from mesh.local_aws.http_server import BrokenTransferError

# Chunks of at most 256 KiB that may wait for a slow client.
CHUNKS_HELD = 16


class ClientLeftError(Exception):
    """Nobody reads the response any more."""


class ResponseStream:
    """Chunks from one writer to one reader, who may leave. Lives in one event loop."""

    def __init__(self) -> None:
        self.content_type = ""
        self.opened = asyncio.Event()
        self.left = asyncio.Event()
        self._chunks: deque[bytes] = deque()
        self._moved = asyncio.Event()
        self._ended = False
        self._broken = False

    def open(self, content_type: str) -> None:
        """The function has started to answer."""
        self.content_type = content_type
        self.opened.set()

    async def put(self, chunk: bytes) -> None:
        """Hand over a chunk, once there is room for it.

        Raises:
            ClientLeftError: nobody wants it.
        """
        while len(self._chunks) >= CHUNKS_HELD and not self.left.is_set():
            self._moved.clear()
            await self._moved.wait()
        if self.left.is_set():
            raise ClientLeftError
        self._chunks.append(chunk)
        self._moved.set()

    def end(self, *, broken: bool) -> None:
        """No more chunks; the first call counts. `broken`: the response is not complete."""
        if not self._ended:
            self._ended, self._broken = True, broken
            self._moved.set()

    def leave(self) -> None:
        """Read no more."""
        self.left.set()
        self._moved.set()

    async def chunks(self) -> AsyncGenerator[bytes]:
        """What the function sent, as it comes.

        Raises:
            BrokenTransferError: the response ended before its end.
        """
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._moved.set()
                yield chunk
            if self._ended:
                break
            self._moved.clear()
            await self._moved.wait()
        if self._broken:
            raise BrokenTransferError("the function failed after its first byte")
