"""One Lambda instance: a process, its Runtime API, its log stream, its /tmp."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.local_aws.cloudwatch.logs import LogShipper, LogStream, stream_name
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.iam.role_credentials import issue
from mesh.local_aws.instances import platform_log
from mesh.local_aws.instances.log_pipes import FramePipe, LinePipe
from mesh.local_aws.instances.memory import MB, peak_bytes, resident_bytes
from mesh.local_aws.instances.runtime_api import Invocation, Result, RuntimeApi, error_payload
from mesh.local_aws.instances.sandbox import Sandbox, StartedProcess, environment, spawn
from mesh.local_aws.leftovers import RECORD, remove_tree
from mesh.local_aws.process_identity import identity, kill_group
from mesh.local_aws.state import write_json

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_LIMIT_SECONDS = 10.0
OUT_OF_MEMORY = "Runtime.OutOfMemory"


@dataclass(frozen=True)
class Place:
    """What every instance on this machine shares."""

    sandbox: Sandbox
    instances: Path
    endpoint: str
    shipper: LogShipper


class InitFailedError(Exception):
    """The instance never asked for work; `result` is what a caller gets."""

    def __init__(self, result: Result, tail: str, init_ms: float, *, timed_out: bool) -> None:
        super().__init__(result.error_type)
        self.result = result
        self.timed_out = timed_out
        self.tail = tail
        self.init_ms = init_ms


class Instance:
    """Runs one invocation at a time.

    Args:
        version: What it runs; never changes.
        code: The unpacked zip.
        place: What it shares with the others.
        on_idle: Called when it waits for work after an invocation.
        on_end: Called once, when its process has ended.
    """

    def __init__(
        self,
        version: FunctionVersion,
        *,
        code: Path,
        place: Place,
        on_idle: Callable[[Instance], None],
        on_end: Callable[[Instance], None],
    ) -> None:
        self.version = version
        self.identifier = uuid.uuid4().hex
        self.invocations = 0
        self.busy = False
        self.idle_since = time.monotonic()
        self.init_ms = 0.0
        self._code = code
        self._place = place
        self._on_idle = on_idle
        self._on_end = on_end
        self._ready = asyncio.Event()
        self._exited = asyncio.Event()
        self._out_of_memory = False
        self._credentials = issue(version)
        self._api = RuntimeApi(self._asked_for_work, self._credentials)
        self._folder = place.instances / self.identifier
        self._log = LogStream(place.shipper, version, stream_name(version, self.identifier))
        self._started: StartedProcess | None = None
        self._pipes: list[LinePipe] = []
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._started.process.pid if self._started else 0

    async def start(self, *, limit_seconds: float = INIT_LIMIT_SECONDS) -> None:
        """Start the process and wait until it asks for work.

        Args:
            limit_seconds: How long it may take.

        Raises:
            InitFailedError: the module did not import, the process ended, or the time was up.
            CannotRunHereError: no process could be made at all.
        """
        temporary = self._folder / "tmp"
        temporary.mkdir(parents=True)
        await self._api.start()
        try:
            started = await spawn(
                self.version,
                sandbox=self._place.sandbox,
                code=self._code,
                temporary=temporary,
                variables=environment(
                    self.version,
                    sandbox=self._place.sandbox,
                    code=self._code,
                    temporary=temporary,
                    runtime_api=self._api.address,
                    log_stream=self._log.name,
                    endpoint=self._place.endpoint,
                    credentials=self._credentials,
                    credentials_token=self._api.credentials_token,
                ),
            )
        except BaseException:
            self._credentials.withdraw()
            await self._api.close()
            remove_tree(self._folder)
            raise
        self._started = started
        record = {"pid": started.process.pid, "identity": identity(started.process.pid)}
        write_json(self._folder / RECORD, record)
        platform_log.init_start(self._log, self.version)
        self._pipes = [
            LinePipe(started.output_fd, self._log.write),
            FramePipe(started.telemetry_fd, self._log.write),
        ]
        self._watcher = asyncio.create_task(self._watch(started.process))
        await self._wait_for_init(started, limit_seconds)

    async def invoke(self, invocation: Invocation) -> tuple[Result, str]:
        """Run one invocation; its result and its log lines. The instance may end with it."""
        cold = self.invocations == 0
        self.invocations += 1
        self.busy = True
        self._ready.clear()
        request = invocation.request_id
        platform_log.start(self._log, self.version, request)
        began = time.monotonic()
        answer = self._api.dispatch(invocation)
        limit = self.version.timeout_seconds
        await self._wait_for(answer, seconds=limit)
        peak = peak_bytes(self.pid)
        if answer.done():
            result = answer.result()
        elif self._exited.is_set():
            result = self._exit_result(request)
        else:
            message = f"Task timed out after {limit:.2f} seconds"
            result = Result(
                error_payload("Sandbox.Timedout", f"RequestId: {request} Error: {message}"),
                "Sandbox.Timedout",
                "timeout",
            )
            # The line that people search their logs for.
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
            self._drain()
            self._log.write(f"{moment}.{time.time_ns() // 10**6 % 1000:03}Z {request} {message}")
            await self.end()
        self._drain()
        platform_log.report(
            self._log,
            self.version,
            request,
            result,
            duration_ms=(time.monotonic() - began) * 1000,
            init_ms=self.init_ms if cold else None,
            peak_bytes=peak,
        )
        tail = self._log.take_tail()
        self.busy = False
        if self._ready.is_set():
            # It asked for more while this was written down.
            self._become_idle()
        return result, tail

    async def end(self) -> None:
        """Kill the process and remove what it held."""
        kill_group(self.pid)
        await self._exited.wait()
        if self._watcher is not None:
            await self._watcher

    def check_memory(self) -> None:
        """Kill it when it uses more than it was given, as Lambda does."""
        if self._started and resident_bytes(self.pid) > self.version.memory_mb * MB:
            self._out_of_memory = True
            kill_group(self.pid)

    async def _wait_for(self, event: asyncio.Future[Any], *, seconds: float) -> None:
        """Until the event, the process's end, or the end of the time."""
        ended = asyncio.ensure_future(self._exited.wait())
        events: set[asyncio.Future[Any]] = {event, ended}
        await asyncio.wait(events, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()

    @property
    def finishing(self) -> bool:
        """It has answered, and will ask for more in a moment."""
        return self.invocations > 0 and not self.busy and not self._ready.is_set()

    def _asked_for_work(self) -> None:
        self._ready.set()
        if not self.busy and self.invocations:
            self._become_idle()

    def _become_idle(self) -> None:
        self.idle_since = time.monotonic()
        self._on_idle(self)

    async def _wait_for_init(self, started: StartedProcess, limit_seconds: float) -> None:
        ready = asyncio.ensure_future(self._ready.wait())
        await self._wait_for(ready, seconds=limit_seconds)
        ready.cancel()
        self.init_ms = (time.monotonic() - started.started) * 1000
        if self._ready.is_set():
            return
        timed_out = not self._exited.is_set()
        await self.end()
        if self._api.init_error is not None:
            result = Result(self._api.init_error.payload, self._api.init_error.error_type, "error")
        elif timed_out:
            message = f"INIT took longer than {limit_seconds:.0f} s"
            result = Result(
                error_payload("Sandbox.Timedout", message), "Sandbox.Timedout", "timeout"
            )
        else:
            result = self._exit_result("init")
        platform_log.init_report(self._log, result, self.init_ms)
        raise InitFailedError(result, self._log.take_tail(), self.init_ms, timed_out=timed_out)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Wait for the process's end, then clean up after it."""
        await process.wait()
        # Whatever it had started ends with it.
        kill_group(process.pid)
        for pipe in self._pipes:
            pipe.close()
        self._pipes = []
        await self._api.read_out()
        self._exited.set()
        self._credentials.withdraw()
        await self._api.close()
        remove_tree(self._folder)
        self._on_end(self)

    def _exit_result(self, request: str) -> Result:
        code = self._started.process.returncode if self._started else None
        if code is None or code == 0:
            reason = "Runtime exited without providing a reason"
        elif code < 0:
            reason = f"Runtime exited with error: signal: {_signal_name(-code)}"
        else:
            reason = f"Runtime exited with error: exit status {code}"
        error_type = OUT_OF_MEMORY if self._out_of_memory else "Runtime.ExitError"
        self._log.write(f"RequestId: {request} Error: {reason}\n{error_type}")
        message = f"RequestId: {request} Error: {reason}"
        return Result(error_payload(error_type, message), error_type, "error")

    def _drain(self) -> None:
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.drain()


def _signal_name(number: int) -> str:
    """As Go, which Lambda is written in, calls them."""
    if number == signal.SIGKILL:
        return "killed"
    return signal.strsignal(number) or str(number)
