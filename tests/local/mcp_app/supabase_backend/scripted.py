"""An HTTP server on a socket that misbehaves exactly as told, and remembers what it was asked."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """An answer, whole unless `cut` says how many bytes of the body arrive before the end."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    cut: int | None = None
    # The connection is closed after the answer, which did not say so.
    close: bool = False


@dataclass(frozen=True)
class Hang:
    """No answer until the server is stopped."""


@dataclass(frozen=True)
class Drop:
    """The connection is closed without an answer."""


type Behaviour = Reply | Hang | Drop


@dataclass(frozen=True)
class Request:
    """What arrived, and over which connection, counted from 1."""

    connection: int
    method: str
    path: str
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class ScriptedServer:
    """Answers with what is next in the script, else as `usual` does.

    Args:
        usual: the answer to a request that nothing is scripted for.
    """

    def __init__(self, usual: Callable[[Request], Reply]) -> None:
        self.requests: list[Request] = []
        self._usual = usual
        self._script: list[tuple[str, Behaviour]] = []
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections = 0

    def next(self, *behaviours: Behaviour, path: str = "") -> None:
        """Script the next answers, those to requests whose path holds `path`."""
        with self._lock:
            self._script += [(path, behaviour) for behaviour in behaviours]

    def asked(self, path: str) -> list[Request]:
        """The requests whose path holds this, in order."""
        return [request for request in self.requests if path in request.path]

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Refuse connections from now on, and break those that are open."""
        if self._stopped.is_set():
            return
        self._stopped.set()
        # Wakes the accepting thread, which closing alone does not.
        with socket.socket() as waker:
            waker.connect_ex(self._listener.getsockname())
        self._listener.close()
        with self._lock:
            for connection in self._open:
                # It may have ended by itself at this moment.
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _run(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopped.is_set():
                connection.close()
                return
            with self._lock:
                self._open.add(connection)
                self._connections += 1
                number = self._connections
            self._run(self._serve, connection, number)

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as received:
                while (request := _read(received, number)) is not None:
                    if not self._answer(connection, request):
                        return
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        """Answer; False when the connection ends with it."""
        with self._lock:
            self.requests.append(request)
            scripted = [entry for entry in self._script if entry[0] in request.path]
            if scripted:
                self._script.remove(scripted[0])
        behaviour = scripted[0][1] if scripted else self._usual(request)
        if isinstance(behaviour, Hang):
            self._stopped.wait()
            return False
        if isinstance(behaviour, Drop):
            return False
        body = behaviour.body if isinstance(behaviour.body, bytes) else b""
        if not isinstance(behaviour.body, bytes) and behaviour.body is not None:
            body = json.dumps(behaviour.body).encode()
        head = [f"HTTP/1.1 {behaviour.status} Scripted", f"content-type: {behaviour.content_type}"]
        head += [f"content-length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in behaviour.headers.items()]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body[: behaviour.cut])
        return behaviour.cut is None and not behaviour.close


def _read(received: Any, number: int) -> Request | None:
    first = received.readline().decode().split()
    if not first:
        return None
    headers = {}
    while line := received.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = received.read(int(headers.get("content-length", 0))).decode()
    return Request(number, first[0], first[1], headers, body)
