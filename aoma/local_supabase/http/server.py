"""An ASGI app on a loopback port, in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.http.faults import App
from aoma.local_supabase.places import HOST
from mesh.local_aws.admission import programs_only

BACKLOG = 256
START_SECONDS = 15.0
# Longer than any client keeps a connection that is idle (httpx: 5 s, as uvicorn by itself). A
# server that is the first to close one may get a request just then, and its caller no answer.
KEEP_ALIVE_SECONDS = 24 * 60 * 60
_silent = logging.getLogger("aoma.local_supabase.http")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class _Protocol(H11Protocol):
    """Says nothing about answers that end early: they were ordered."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self.logger = _silent


def listen(port: int = 0) -> socket.socket:
    """A listening socket on 127.0.0.1; another free port when this one is taken."""
    # Named TCP: asyncio then sends at once what it is given, instead of 40 ms later.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        try:
            listener.bind((HOST, port))
        except OSError:
            listener.bind((HOST, 0))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class Server:
    """A served app. It takes requests of programs on this machine, and none of web pages.

    Args:
        app: the app.
        port: the port to take when it is free.

    Raises:
        LocalSupabaseError: it did not start.
    """

    def __init__(self, app: App, port: int = 0) -> None:
        self._listener = listen(port)
        self.port: int = self._listener.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                programs_only(app, port=self.port),
                http=_Protocol,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._listener]},
            name=f"local-supabase-{self.port}",
            daemon=True,
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise LocalSupabaseError(f"nothing answers at {self.url}")
            time.sleep(0.005)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://{HOST}:{self.port}"

    def stop(self) -> None:
        """Close the port and every connection."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        with contextlib.suppress(OSError):
            self._listener.close()
