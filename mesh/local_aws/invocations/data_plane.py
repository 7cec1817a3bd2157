"""Lambda's data plane: Function URL listeners and instances, on an event loop of its own.

It has its own thread, so that the control plane's blocking work (parsing a zip's JSON,
saving state) delays no request.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections.abc import Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mesh.local_aws import LocalAwsError
from mesh.local_aws.cloudwatch.request_log import new_request_log
from mesh.local_aws.function_url.ports import HOST, FunctionUrlPorts
from mesh.local_aws.functions import (
    FunctionName,
    FunctionVersion,
    forget_what_is_gone,
    function_urls,
    functions,
    live_versions,
    record_address,
    reserved_in,
    route,
    version_of,
)
from mesh.local_aws.instances.runtime_process import Place
from mesh.local_aws.instances.task_root import (
    remove_half_unpacked,
    remove_unused,
    set_aside,
    unpacked,
)
from mesh.local_aws.invocations.executions import Executions, Outcome
from mesh.local_aws.invocations.function_url_listener import FunctionUrlListener

MEMORY_CHECK_SECONDS = 0.1
IDLE_CHECK_SECONDS = 1.0
DEFAULT_IDLE_SECONDS = 600.0
# A rollback soon after a deploy finds the old code still unpacked.
UNUSED_CODE_SECONDS = 60.0
CLOSE_SECONDS = 20.0

_logger = logging.getLogger(__name__)


class DataPlane:
    """Runs functions and serves their URLs.

    Args:
        place: What instances share.
        code: Folder of unpacked zips.
        ports: Ports of Function URLs.
        idle_seconds: How long an instance may be idle.
    """

    def __init__(
        self,
        *,
        place: Place,
        code: Path,
        ports: FunctionUrlPorts,
        idle_seconds: float = DEFAULT_IDLE_SECONDS,
    ) -> None:
        self._code = code
        self._ports = ports
        self._idle_seconds = idle_seconds
        self._keep_seconds = min(UNUSED_CODE_SECONDS, idle_seconds)
        self._unused_since: dict[str, float] = {}
        self._executions = Executions(place=place, code=code)
        self._listeners: dict[str, FunctionUrlListener] = {}
        self._requests = new_request_log()
        self._live: set[FunctionVersion] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._syncing = asyncio.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="data-plane", daemon=True)

    def start(self) -> None:
        """Start the thread; `sync` opens the listeners."""
        self._thread.start()

    def call[T](self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine of this object from another thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """End every listener, every instance and the thread."""
        self.call(self._close()).result(timeout=CLOSE_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=CLOSE_SECONDS)

    async def invoke(
        self,
        function: FunctionName,
        qualifier: str | None,
        payload: bytes,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
    ) -> Outcome:
        """Run one invocation of the Invoke API; raises what `Executions.invoke` raises."""
        target = route(function, qualifier)
        return await self._executions.invoke(
            target, payload, request_id=request_id, client_context=client_context
        )

    async def initialize(self, function: FunctionName, version: str) -> None:
        """Start an instance of a version; raises what `Executions.initialize` raises."""
        await self._executions.initialize(version_of(function, version))

    async def sync(self) -> None:
        """Follow the control plane: listeners for new URLs, no instances of versions out of use.

        Routing needs none of this: it reads the control plane at each request.

        Raises:
            LocalAwsError: a URL's port cannot be used.
        """
        # Of two at a time one might open the port that the other is still closing.
        async with self._syncing:
            await self._follow()

    async def _follow(self) -> None:
        wanted = {url.identifier: url for url in function_urls()}
        for identifier in [name for name in self._listeners if name not in wanted]:
            await self._listeners.pop(identifier).close()
            self._ports.forget_socket(identifier)
        for identifier, url in wanted.items():
            if identifier not in self._listeners:
                socket = self._ports.open(identifier)
                self._listeners[identifier] = listener = FunctionUrlListener(
                    url.function, url.qualifier, self._executions, self._requests
                )
                await listener.start(socket)
            # The port is what counts: a saved state may know another one.
            address = f"http://{HOST}:{self._listeners[identifier].port}/"
            if url.config.get("FunctionUrl") != address:
                record_address(url, address)
        forget_what_is_gone()
        live = live_versions()
        self._executions.follow(live, self._live - live)
        for version in live - self._live:
            if version.code:
                self._background(self._executions.prepare(version))
        self._live = live

    async def status(self) -> dict[str, Any]:
        """What `GET /_local_aws/status` answers."""
        urls: dict[FunctionName, list[dict[str, str | None]]] = {}
        for url in function_urls():
            address = str(url.config.get("FunctionUrl", ""))
            shown = {"qualifier": url.qualifier, "url": address, "auth_type": url.auth_type}
            urls.setdefault(url.function, []).append(shown)
        return {
            "functions": [
                {
                    "name": function.name,
                    "versions": sorted(record["versions"], key=int),
                    "aliases": {
                        name: alias["FunctionVersion"]
                        for name, alias in list(record["aliases"].items())
                    },
                    "urls": urls.get(function, []),
                    "reserved_concurrency": reserved_in(record),
                }
                for function, record in functions()
            ],
            "instances": [
                {
                    "function": instance.version.function.name,
                    "version": instance.version.version,
                    "pid": instance.pid,
                    "busy": instance.busy,
                    "invocations": instance.invocations,
                }
                for instance in self._executions.instances()
            ],
            "requests": [asdict(line) for line in self._requests],
        }

    def remove_half_unpacked_code(self) -> None:
        """Remove what a killed run left. Call it at the start."""
        remove_half_unpacked(self._code)

    def _remove_unused_code(self) -> None:
        """Remove unpacked zips that no alias and no instance has needed for a while.

        Only this loop knows which folders are in use. So it decides, and takes a folder out of
        use, without a turn of the loop in between. A thread removes the files.
        """
        now = time.monotonic()
        versions = self._live | self._executions.versions_in_use()
        used = {version.code_digest for version in versions}
        there = set(unpacked(self._code))
        unused = {
            digest: self._unused_since.get(digest, now) for digest in there if digest not in used
        }
        self._unused_since = unused
        old = [digest for digest, since in unused.items() if now - since >= self._keep_seconds]
        aside = [set_aside(self._code, digest) for digest in old]
        if aside:
            # Memory is checked ten times a second, also while thousands of files go.
            self._background(asyncio.to_thread(remove_unused, aside))

    async def _housekeeping(self) -> None:
        checked = time.monotonic()
        while True:
            await asyncio.sleep(MEMORY_CHECK_SECONDS)
            for instance in self._executions.instances():
                instance.check_memory()
            if time.monotonic() - checked < IDLE_CHECK_SECONDS:
                continue
            checked = time.monotonic()
            self._executions.end_idle_since(checked - self._idle_seconds)
            try:
                # CloudFormation works in the background, after its call has returned.
                await self.sync()
                self._remove_unused_code()
            except LocalAwsError as error:
                _logger.warning("%s", error)
            except Exception:
                # Memory is checked for as long as anything runs.
                _logger.exception("the data plane did not follow the control plane")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(lambda: self._background(self._housekeeping()))
        self._loop.run_forever()

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(listener.close() for listener in self._listeners.values()))
        await self._executions.close()
