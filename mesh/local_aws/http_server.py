"""HTTP/1.1 on one listening socket: requests and responses, whole or as they come.

On h11, not on an ASGI server: the Runtime API reports an error in the middle of a streamed answer
in the trailers of a request, and ASGI has no trailers of requests.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field

import h11

from mesh.local_aws.admission import FORBIDDEN, REFUSAL_HEADERS, refusal, refusal_body

READ_BYTES = 256 * 1024
HEADER_BYTES = 64 * 1024
WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are lower case; a name may repeat.

    `oversize` says that the body was longer than the server reads; then it is empty.
    Where the server streams bodies, it is in `chunks`, and `trailers` come after its end.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    client: str
    protocol: str
    oversize: bool = False
    chunks: AsyncGenerator[bytes] | None = None
    trailers: list[tuple[str, str]] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The first value of a header, by its lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """One response; the server adds Content-Length, or sends chunks as they come.

    A body of chunks that raises `BrokenTransferError` ends the connection instead, so that
    the client sees that something is missing. It is closed when the client has left.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | AsyncGenerator[bytes] = b""


class BrokenTransferError(ConnectionError):
    """A body ended before its end. From a handler: leave this connection without an answer."""


Handler = Callable[[Request], Awaitable[Response]]


def explained_refusal(reason: str) -> Response:
    """The answer to a request that is not taken, with the reason."""
    return Response(FORBIDDEN, REFUSAL_HEADERS, refusal_body(reason))


class _RefusedError(Exception):
    """The listener does not take a request; the message says why."""


class HttpServer:
    """Serves one handler on one socket of this machine, in the running event loop.

    A request that `admission.refusal` refuses is answered from its headers alone, and its
    connection is closed: its body is not read, and no handler sees it.

    Args:
        handler: Called for each request; connections are concurrent.
        body_limit: Longest body, in bytes, that is kept.
        streams: Whether a request with these headers is handed over before its body is read.
        pages: Whether requests of web pages are taken.
        refuse: Makes the answer to a request that is not taken, from the reason.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        body_limit: int,
        streams: Callable[[list[tuple[str, str]]], bool] | None = None,
        pages: bool = False,
        refuse: Callable[[str], Response] = explained_refusal,
    ) -> None:
        self._handler = handler
        self._body_limit = body_limit
        self._streams = streams
        self._pages = pages
        self._refuse = refuse
        self._port = 0
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Accept connections from now on; the socket belongs to this server."""
        self._port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=READ_BYTES)

    async def read_out(self, seconds: float) -> None:
        """Read what clients that are gone had sent; at most this long.

        The end of a client is known at once, and its last words lie in a socket until then.
        """
        for _ in range(3):  # what waits to be accepted is, in the loop's next rounds
            await asyncio.sleep(0)
        if self._connections:
            await asyncio.wait(self._connections, timeout=seconds)

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
            except _RefusedError as refused:
                await _write(connection, writer, self._refuse(str(refused)), head=False)
                return
            if request is None:
                return
            response = await self._handler(request)
            head = request.method == "HEAD"
            if isinstance(response.body, bytes):
                await _write(connection, writer, response, head=head)
            else:
                await _write_chunks(connection, reader, writer, response, response.body, head=head)
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
        """The next request, None when the peer is done.

        Raises:
            h11.RemoteProtocolError: the peer speaks no HTTP.
            _RefusedError: the request is not for this listener; its body was not read.
        """
        opening: h11.Request | None = None
        chunks: list[bytes] = []
        length = 0
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                await _read_more(connection, reader, writer)
            elif isinstance(event, h11.Request):
                opening = event
                refused = refusal(opening.headers, port=self._port, pages=self._pages)
                if refused is not None:
                    raise _RefusedError(refused)
                headers = _headers(opening.headers)
                if self._streams is not None and self._streams(headers):
                    trailers: list[tuple[str, str]] = []
                    return Request(
                        method=opening.method.decode("ascii"),
                        target=opening.target.decode("latin-1"),
                        headers=headers,
                        body=b"",
                        client=client,
                        protocol=f"HTTP/{opening.http_version.decode('ascii')}",
                        chunks=_read_chunks(connection, reader, writer, trailers),
                        trailers=trailers,
                    )
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
                    headers=_headers(opening.headers),
                    body=b"".join(chunks),
                    client=client,
                    protocol=f"HTTP/{opening.http_version.decode('ascii')}",
                    oversize=length > self._body_limit,
                )
            else:
                return None


def _headers(raw: Iterable[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]


async def _read_more(
    connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if connection.they_are_waiting_for_100_continue:
        go_on = h11.InformationalResponse(status_code=100, headers=[])
        writer.write(connection.send(go_on) or b"")
    connection.receive_data(await reader.read(READ_BYTES))


async def _read_chunks(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    trailers: list[tuple[str, str]],
) -> AsyncGenerator[bytes]:
    """The body as it comes; what follows it is put into `trailers`.

    Raises:
        BrokenTransferError: the peer left in the middle of it.
    """
    while True:
        try:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                await _read_more(connection, reader, writer)
                continue
        except (OSError, h11.RemoteProtocolError) as error:
            raise BrokenTransferError(str(error)) from error
        if isinstance(event, h11.Data):
            yield bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            trailers += _headers(event.headers)
            return
        else:
            raise BrokenTransferError("the connection ended in the middle of a body")


def _opening(response: Response, headers: list[tuple[str, str]]) -> h11.Response:
    return h11.Response(
        status_code=response.status,
        headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
    )


async def _write(
    connection: h11.Connection, writer: asyncio.StreamWriter, response: Response, *, head: bool
) -> None:
    body = response.body if isinstance(response.body, bytes) else b""
    headers = [*response.headers]
    if response.status not in WITHOUT_BODY:
        headers.append(("content-length", str(len(body))))
    data = connection.send(_opening(response, headers)) or b""
    if not head and response.status not in WITHOUT_BODY and body:
        data += connection.send(h11.Data(data=body)) or b""
    data += connection.send(h11.EndOfMessage()) or b""
    writer.write(data)
    await writer.drain()


async def _write_chunks(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    response: Response,
    chunks: AsyncGenerator[bytes],
    *,
    head: bool,
) -> None:
    """Send chunks as they come, and end them as soon as the client has left.

    Raises:
        BrokenTransferError: the chunks did, or the client left.
    """
    leaving = asyncio.ensure_future(_wait_for_leaving(connection, reader))
    following: asyncio.Future[bytes | None] | None = None
    try:
        writer.write(connection.send(_opening(response, response.headers)) or b"")
        # Whatever the function sends.
        bodiless = head or response.status in WITHOUT_BODY
        while True:
            following = asyncio.ensure_future(anext(chunks, None))
            await asyncio.wait({following, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                raise BrokenTransferError("the client left")
            chunk = following.result()
            if chunk is None:
                break
            if not bodiless and chunk:
                writer.write(connection.send(h11.Data(data=chunk)) or b"")
                await writer.drain()
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
    finally:
        # Until it is gone: two may not read from one connection at a time.
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        if following is not None and not following.done():
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await chunks.aclose()


async def _wait_for_leaving(connection: h11.Connection, reader: asyncio.StreamReader) -> None:
    """Until the client is gone; what it sends meanwhile is its next request."""
    with contextlib.suppress(OSError):
        while data := await reader.read(READ_BYTES):
            connection.receive_data(data)
