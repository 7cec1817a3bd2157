"""HTTP/1.1 on one listening socket: whole requests in, whole responses out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import h11

READ_BYTES = 256 * 1024
HEADER_BYTES = 64 * 1024
WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; a name may repeat.

    `oversize` says that the body was longer than the server reads; then it is empty.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str
    protocol: str
    oversize: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """One response; the server adds Content-Length."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


Handler = Callable[[Request], Awaitable[Response]]


class HttpServer:
    """Serves one handler on one socket, in the running event loop.

    Args:
        handler: Called for each request; connections are concurrent.
        body_limit: Longest body, in bytes, that is kept.
    """

    def __init__(self, handler: Handler, *, body_limit: int) -> None:
        self._handler = handler
        self._body_limit = body_limit
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Accept connections from now on; the socket belongs to this server."""
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=READ_BYTES)

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, h11.RemoteProtocolError, asyncio.CancelledError):
            # The peer left, or spoke no HTTP after its first answer; or this server closes.
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEADER_BYTES)
        peer = writer.get_extra_info("peername")
        client = peer[0] if peer else ""
        while True:
            try:
                request = await self._read(connection, reader, writer, client)
            except h11.RemoteProtocolError as error:
                await _write(connection, writer, Response(error.error_status_hint, []), head=False)
                return
            if request is None:
                return
            response = await self._handler(request)
            await _write(connection, writer, response, head=request.method == "HEAD")
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()

    async def _read(
        self,
        connection: h11.Connection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: str,
    ) -> Request | None:
        """The next request, None when the peer is done."""
        opening: h11.Request | None = None
        chunks: list[bytes] = []
        length = 0
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if connection.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(connection.send(go_on) or b"")
                connection.receive_data(await reader.read(READ_BYTES))
            elif isinstance(event, h11.Request):
                opening = event
            elif isinstance(event, h11.Data):
                length += len(event.data)
                if length <= self._body_limit:
                    chunks.append(bytes(event.data))
                else:
                    # Read on, so that the peer gets the answer and no broken pipe.
                    chunks.clear()
            elif isinstance(event, h11.EndOfMessage) and opening is not None:
                return Request(
                    method=opening.method.decode("ascii"),
                    target=opening.target.decode("latin-1"),
                    headers=[
                        (name.decode("latin-1"), value.decode("latin-1"))
                        for name, value in opening.headers
                    ],
                    body=b"".join(chunks),
                    client=client,
                    protocol=f"HTTP/{opening.http_version.decode('ascii')}",
                    oversize=length > self._body_limit,
                )
            else:
                return None


async def _write(
    connection: h11.Connection, writer: asyncio.StreamWriter, response: Response, *, head: bool
) -> None:
    headers = [*response.headers]
    if response.status not in WITHOUT_BODY:
        headers.append(("content-length", str(len(response.body))))
    opening = h11.Response(
        status_code=response.status,
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    )
    data = connection.send(opening) or b""
    if not head and response.status not in WITHOUT_BODY and response.body:
        data += connection.send(h11.Data(data=response.body)) or b""
    data += connection.send(h11.EndOfMessage()) or b""
    writer.write(data)
    await writer.drain()
