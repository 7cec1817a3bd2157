"""The AWS endpoint: MiniStack behind a layer that keeps the data plane in step with it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core.persistence import save_all

from mesh.local_aws import LocalAwsError
from mesh.local_aws.admission import programs_only
from mesh.local_aws.functions import share_equal_zips
from mesh.local_aws.invocations.data_plane import DataPlane
from mesh.local_aws.invocations.invoke_api import InvokeApi

type Message = dict[str, Any]
type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]

STATUS_PATH = "/_local_aws/status"
# A burst of changes (terraform apply) is saved once, soon after it settles.
SAVE_AFTER_SECONDS = 0.5
SAVE_AT_LEAST_SECONDS = 5.0
# Longer than any client keeps a connection that is idle (AWS's SDK for Go: 90 s). If the server
# closed one first, a request could come just then. The server may run it, and its caller, who
# gets no answer, sends it again: an alias would move twice.
KEEP_ALIVE_SECONDS = 24 * 60 * 60
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
ATTEMPT = re.compile(r"attempt=(\d+)")
READ_ONLY_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
READ_ONLY_ACTIONS = ("Get", "List", "Describe", "Filter", "BatchGet")

_logger = logging.getLogger(__name__)


class ControlPlane:
    """ASGI application around MiniStack.

    Args:
        data_plane: Follows each change before the caller learns of it.
        on_ready: Called when state is loaded, URLs are open, and requests are answered.
    """

    def __init__(self, data_plane: DataPlane, *, on_ready: Callable[[], None]) -> None:
        self._data_plane = data_plane
        self._on_ready = on_ready
        self._invoke = InvokeApi(data_plane)
        self._saving: asyncio.TimerHandle | None = None
        self._changed_since: float | None = None
        self._discarded = False
        self.failure: LocalAwsError | None = None

    async def run(self, listener: socket.socket, stopping: asyncio.Event) -> None:
        """Serve on a listening socket until `stopping` is set.

        Raises:
            LocalAwsError: a Function URL of the saved state cannot be opened.
        """
        application: Any = programs_only(self, port=listener.getsockname()[1])
        config = Config()
        config.bind = [f"fd://{listener.detach()}"]
        config.keep_alive_timeout = KEEP_ALIVE_SECONDS
        config.graceful_timeout = 2
        config.loglevel = "WARNING"
        try:
            await serve(application, config, shutdown_trigger=stopping.wait)
        except Exception:
            if self.failure is None:
                raise
        finally:
            if self._saving is not None:
                self._saving.cancel()
        if self.failure is not None:
            raise self.failure

    def discard_state(self) -> None:
        """Save nothing any more: the state folder was removed on purpose."""
        ministack.PERSIST_STATE = False
        self._discarded = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, or the server's life."""
        if scope["type"] == "lifespan":
            await ministack.app(scope, receive, self._when_loaded(send))
        elif scope["type"] != "http":
            await ministack.app(scope, receive, send)
        elif scope["path"] == STATUS_PATH:
            await self._send_status(send)
        elif self._invoke.takes(scope):
            await self._invoke(scope, receive, send)
        elif scope["method"] in READ_ONLY_METHODS:
            await ministack.app(scope, receive, send)
        else:
            _tell_repetition(scope)
            await ministack.app(scope, receive, self._after_sync(send))
            if not _only_reads(scope):
                self._save_soon()

    def _when_loaded(self, send: Send) -> Send:
        async def forward(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                try:
                    await asyncio.to_thread(self._data_plane.remove_half_unpacked_code)
                    await self._sync()
                except LocalAwsError as error:
                    self.failure = error
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                self._on_ready()
            await send(message)

        return forward

    def _after_sync(self, send: Send) -> Send:
        """Hold the answer back until the data plane has followed."""

        async def forward(message: Message) -> None:
            if message["type"] == "http.response.start":
                try:
                    await self._sync()
                except LocalAwsError as error:
                    _logger.warning("%s", error)
                except Exception:
                    # The change is made: told an error, its caller would make it again.
                    _logger.exception("the data plane did not follow a change")
            await send(message)

        return forward

    async def _sync(self) -> None:
        await asyncio.wrap_future(self._data_plane.call(self._data_plane.sync()))
        share_equal_zips()

    async def _send_status(self, send: Send) -> None:
        status = await asyncio.wrap_future(self._data_plane.call(self._data_plane.status()))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(status).encode()})

    def _save_soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._changed_since is None:
            self._changed_since = loop.time()
        if self._saving is not None:
            self._saving.cancel()
        latest = self._changed_since + SAVE_AT_LEAST_SECONDS
        self._saving = loop.call_at(min(loop.time() + SAVE_AFTER_SECONDS, latest), self._save)

    def _save(self) -> None:
        """On the control plane's own loop, so that nothing changes meanwhile."""
        self._changed_since = None
        if self._discarded:
            return
        save_all(ministack._build_persistence_save_dict())  # noqa: SLF001 - MiniStack is in this process, and pinned


def _only_reads(scope: Scope) -> bool:
    return _header(scope, b"x-amz-target").rpartition(".")[2].startswith(READ_ONLY_ACTIONS)


def _tell_repetition(scope: Scope) -> None:
    """Say in the log what an SDK sends again: a change may have been made twice then."""
    attempt = ATTEMPT.match(_header(scope, b"amz-sdk-request"))
    if attempt and int(attempt[1]) > 1:
        what = _header(scope, b"x-amz-target") or f"{scope['method']} {scope['path']}"
        _logger.warning(
            "%s comes again, attempt %s: its caller had no answer, or one to try again",
            what,
            attempt[1],
        )


def _header(scope: Scope, wanted: bytes) -> str:
    found: bytes = next((value for name, value in scope["headers"] if name == wanted), b"")
    return found.decode("latin-1")
