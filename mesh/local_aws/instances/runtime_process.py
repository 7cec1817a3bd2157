"""One start of the runtime in an instance: its process, its Runtime API, what it writes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.local_aws.cloudwatch.logs import LogShipper, LogStream
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.iam.role_credentials import RoleCredentials
from mesh.local_aws.instances.leftovers import RECORD, TEMPORARY
from mesh.local_aws.instances.log_pipes import FramePipe, LinePipe
from mesh.local_aws.instances.memory import MB, resident_bytes
from mesh.local_aws.instances.runtime_api import Result, RuntimeApi, error_payload
from mesh.local_aws.instances.sandbox import Sandbox, StartedProcess, environment, spawn
from mesh.local_aws.process_identity import (
    descendants,
    identity,
    kill_group,
    kill_namespace,
    mount_namespace,
    send_signal,
)
from mesh.local_aws.process_limit import make_group, remove_group
from mesh.local_aws.state import write_json

OUT_OF_MEMORY = "Runtime.OutOfMemory"
EXIT = "Runtime.ExitError"


@dataclass(frozen=True)
class Place:
    """What every instance on this machine shares."""

    sandbox: Sandbox
    instances: Path
    endpoint: str
    shipper: LogShipper


class RuntimeProcess:
    """The real awslambdaric with a handler, from its start to its end.

    Args:
        version: What it runs.
        code: The unpacked zip.
        place: What it shares with others.
        folder: The instance's own; its /tmp is in there, and outlives this process.
        log: The instance's log stream.
        credentials: The role's.
    """

    def __init__(
        self,
        version: FunctionVersion,
        *,
        code: Path,
        place: Place,
        folder: Path,
        log: LogStream,
        credentials: RoleCredentials,
    ) -> None:
        self.version = version
        self.out_of_memory = False
        self.ready = asyncio.Event()
        self.exited = asyncio.Event()
        self._code = code
        self._place = place
        self._folder = folder
        self._log = log
        self._credentials = credentials
        self.api = RuntimeApi(self.ready.set, credentials)
        self._started: StartedProcess | None = None
        self._namespace: int | None = None
        self._group: Path | None = None
        self._frozen: list[int] = []
        self._pipes: list[LinePipe] = []
        self._watcher: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 before it was started."""
        return self._started.process.pid if self._started else 0

    async def start(self) -> float:
        """Start it; the monotonic time at which the runtime began.

        Raises:
            CannotRunHereError: no process could be made at all.
        """
        temporary = self._folder / TEMPORARY
        temporary.mkdir(parents=True, exist_ok=True)
        await self.api.start()
        self._group = make_group(self._folder.name)
        try:
            started = await spawn(
                self.version,
                sandbox=self._place.sandbox,
                code=self._code,
                temporary=temporary,
                variables=self._variables(temporary),
                group=self._group,
            )
        except BaseException:
            remove_group(self._group)
            await self.api.close()
            raise
        self._started = started
        pid = started.process.pid
        self._pipes = [
            LinePipe(started.output_fd, self._log.write),
            FramePipe(started.telemetry_fd, self._log.write),
        ]
        self._watcher = asyncio.create_task(self._watch(started.process))
        if self._place.sandbox.namespaces:
            # It may have ended already.
            with contextlib.suppress(OSError):
                self._namespace = mount_namespace(pid)
        record = {"pid": pid, "identity": identity(pid), "owner": os.getpid()}
        write_json(self._folder / RECORD, record)
        return started.started

    def _variables(self, temporary: Path) -> dict[str, str]:
        return environment(
            self.version,
            sandbox=self._place.sandbox,
            code=self._code,
            temporary=temporary,
            runtime_api=self.api.address,
            log_stream=self._log.name,
            endpoint=self._place.endpoint,
            credentials=self._credentials,
            credentials_token=self.api.credentials_token,
        )

    async def wait_for(self, event: asyncio.Future[Any], *, seconds: float) -> None:
        """Wait for the event, the process's end, or the end of the time."""
        ended = asyncio.ensure_future(self.exited.wait())
        events: set[asyncio.Future[Any]] = {event, ended}
        await asyncio.wait(events, timeout=max(seconds, 0), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()

    async def wait_until_ready(self, *, seconds: float) -> None:
        """Wait until it asks for work, ends, or the time is up."""
        ready = asyncio.ensure_future(self.ready.wait())
        await self.wait_for(ready, seconds=seconds)
        ready.cancel()

    async def end(self) -> None:
        """Kill it, and all that it had started."""
        self._kill()
        await self.exited.wait()
        if self._watcher is not None:
            await self._watcher

    def freeze(self) -> None:
        """Stop it and all that it started, as Lambda does between invocations."""
        self._frozen = [self.pid, *descendants(self.pid)]
        for pid in self._frozen:
            send_signal(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        for pid in self._frozen:
            send_signal(pid, signal.SIGCONT)
        self._frozen = []

    def check_memory(self) -> None:
        """Kill it when it uses more than it was given, as Lambda does."""
        if not self.exited.is_set() and resident_bytes(self.pid) > self.version.memory_mb * MB:
            self.out_of_memory = True
            self._kill()

    def drain(self) -> None:
        """Bring to the log all that it wrote so far, an unfinished line too."""
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.flush()

    def exit_result(self, request: str | None) -> Result:
        """What a caller gets when the process has ended; the log gets it, too."""
        code = self._started.process.returncode if self._started else None
        if code is None or code == 0:
            reason = "Runtime exited without providing a reason"
        elif code < 0:
            reason = f"Runtime exited with error: signal: {_signal_name(-code)}"
        else:
            reason = f"Runtime exited with error: exit status {code}"
        error_type = OUT_OF_MEMORY if self.out_of_memory else EXIT
        if request is None:
            # INIT_REPORT tells it, and no request has an id yet.
            return Result(error_payload(error_type, reason), error_type, "error")
        message = f"RequestId: {request} Error: {reason}"
        self._log.write(f"{message}\n{error_type}")
        return Result(error_payload(error_type, message), error_type, "error")

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Wait for the process's end, then clean up after it."""
        await process.wait()
        self._kill()
        if self._namespace is not None:
            os.close(self._namespace)
            self._namespace = None
        remove_group(self._group)
        self.drain()
        for pipe in self._pipes:
            pipe.close()
        self._pipes = []
        await self.api.read_out()
        self.exited.set()
        await self.api.close()

    def _kill(self) -> None:
        """End the process and all that it started, in sessions of their own too."""
        kill_group(self.pid)
        if self._namespace is not None:
            kill_namespace(self._namespace)


def _signal_name(number: int) -> str:
    """As Go, which Lambda is written in, calls them."""
    if number == signal.SIGKILL:
        return "killed"
    return (signal.strsignal(number) or str(number)).lower()
