"""Stands between a client and a Function URL, and keeps every request as it arrived.

Without credentials, and without what differs from run to run: addresses and lengths.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import Message, Receive, Scope, Send

# Credentials, the transport's own, and what is another at each run.
LEFT_OUT = frozenset(
    {
        *("authorization", "x-api-key", "cookie"),
        *("host", "connection", "content-length", "transfer-encoding", "accept-encoding"),
        *("traceparent", "tracestate", "baggage"),
    }
)
HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})

type Request = dict[str, Any]


class Recorder:
    """An ASGI application that hands requests on and keeps them.

    Args:
        target: the Function URL, with a slash at its end.
    """

    def __init__(self, target: str) -> None:
        self._target = target.rstrip("/")
        self.requests: list[Request] = []

    def _keep(self, scope: Scope, body: bytes) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        kept = {name: value for name, value in sorted(headers.items()) if name not in LEFT_OUT}
        host, port = scope["server"]
        if headers.get("host") not in {f"{host}:{port}", f"localhost:{port}"}:
            # A client that pretends to have called somebody else.
            kept["host"] = headers["host"]
        request: Request = {"method": scope["method"], "path": scope["path"], "headers": kept}
        if body:
            try:
                request["body"] = json.loads(body)
            except ValueError:
                request["body"] = body.decode()
        self.requests.append(request)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on one request, and its answer as it comes."""
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self._keep(scope, body)
        forwarding: asyncio.Future[Any] = asyncio.ensure_future(self._forward(scope, body, send))
        leaving: asyncio.Future[Any] = asyncio.ensure_future(receive())
        # A client that leaves ends the request behind, too.
        await asyncio.wait({forwarding, leaving}, return_when=asyncio.FIRST_COMPLETED)
        for task in (forwarding, leaving):
            if not task.done():
                task.cancel()
        await asyncio.wait({forwarding, leaving})
        if not forwarding.cancelled():
            forwarding.result()

    async def _forward(self, scope: Scope, body: bytes, send: Send) -> None:
        passed = [(k, v) for k, v in scope["headers"] if k.decode() not in HOP_BY_HOP]
        path = scope["path"] + (f"?{scope['query_string'].decode()}" * bool(scope["query_string"]))
        async with (
            httpx.AsyncClient(timeout=60, trust_env=False) as http,
            http.stream(
                scope["method"], self._target + path, headers=passed, content=body
            ) as answer,
        ):
            headers = [(k.lower(), v) for k, v in answer.headers.raw]
            start: Message = {
                "type": "http.response.start",
                "status": answer.status_code,
                "headers": [(k, v) for k, v in headers if k.decode() not in HOP_BY_HOP],
            }
            await send(start)
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


@contextmanager
def recording(target: str) -> Generator[tuple[Recorder, str]]:
    """A recorder in front of a Function URL, and its own address."""
    recorder = Recorder(target)
    server = uvicorn.Server(
        uvicorn.Config(recorder, http="h11", ws="none", lifespan="off", log_config=None)
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield recorder, f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()
