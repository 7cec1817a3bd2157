"""One Lambda instance: an environment that outlives crashes of the runtime in it.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mesh.local_aws.cloudwatch.logs import LogStream, stream_name
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.iam.role_credentials import issue
from mesh.local_aws.instances import platform_log
from mesh.local_aws.instances.leftovers import remove_tree
from mesh.local_aws.instances.memory import peak_bytes
from mesh.local_aws.instances.runtime_api import Invocation, Result, error_payload
from mesh.local_aws.instances.runtime_process import Place, RuntimeProcess

INIT_LIMIT_SECONDS = 10.0
TIMED_OUT = "Sandbox.Timedout"


class Instance:
    """Runs one invocation at a time.

    Its /tmp, log stream and credentials stay when its runtime crashes or runs out of time.
    The next invocation starts the runtime again, and that counts as its own time.

    Args:
        version: What it runs; never changes.
        code: The unpacked zip.
        place: What it shares with the others.
        on_end: Called once, when it has ended for good.
    """

    def __init__(
        self,
        version: FunctionVersion,
        *,
        code: Path,
        place: Place,
        on_end: Callable[[Instance], None],
    ) -> None:
        self.version = version
        self.identifier = uuid.uuid4().hex
        self.invocations = 0
        self.busy = False
        self.idle_since = time.monotonic()
        # Why INIT failed; None when it did not.
        self.failed_init: Result | None = None
        self._init_ms: float | None = None
        self._code = code
        self._place = place
        self._on_end = on_end
        self._credentials = issue(version)
        self._folder = place.instances / self.identifier
        self._log = LogStream(place.shipper, version, stream_name(version, self.identifier))
        self._runtime = self._new_runtime()

    @property
    def pid(self) -> int:
        """Its process id; 0 while it has none."""
        return 0 if self._runtime.exited.is_set() else self._runtime.pid

    async def start(self) -> None:
        """Start the runtime, and wait until it asks for work or has failed.

        When it failed, the first invocation tries once more.

        Raises:
            CannotRunHereError: no process could be made at all.
        """
        try:
            self.failed_init = await self._initialize(INIT_LIMIT_SECONDS)
        except BaseException:
            await self.end()
            raise

    async def invoke(self, invocation: Invocation) -> tuple[Result, str]:
        """Run one invocation; its result and its log lines."""
        self.invocations += 1
        self.busy = True
        init_ms, self._init_ms = self._init_ms, None
        request = invocation.request_id
        began = time.monotonic()
        result = await self._initialize_again(request)
        platform_log.start(self._log, self.version, request)
        if result is None:
            result = await self._run(invocation, began + self.version.timeout_seconds)
        peak = peak_bytes(self.pid)
        self._runtime.drain()
        platform_log.report(
            self._log,
            self.version,
            request,
            result,
            duration_ms=(time.monotonic() - began) * 1000,
            init_ms=init_ms,
            peak_bytes=peak,
        )
        self.busy = False
        self.idle_since = time.monotonic()
        return result, self._log.take_tail()

    def freeze(self) -> None:
        """Stop it until its next invocation, as Lambda does."""
        if not self._runtime.exited.is_set():
            self._runtime.freeze()

    async def end(self) -> None:
        """End it for good, and remove what it held."""
        if self._runtime.pid:
            await self._runtime.end()
        self._credentials.withdraw()
        remove_tree(self._folder)
        self._on_end(self)

    def check_memory(self) -> None:
        """Kill it when it uses more than it was given."""
        self._runtime.check_memory()

    async def _initialize_again(self, request: str) -> Result | None:
        """Start the runtime as part of an invocation, unless it runs; why that failed."""
        if not self._runtime.exited.is_set():
            self._runtime.thaw()
            return None
        self._runtime = self._new_runtime()
        return await self._initialize(self.version.timeout_seconds, request)

    async def _initialize(self, limit_seconds: float, request: str | None = None) -> Result | None:
        """Start the runtime, for a request or before the first; why that failed, or None."""
        runtime, phase = self._runtime, "invoke" if request else "init"
        began = await runtime.start()
        platform_log.init_start(self._log, self.version, phase)
        await runtime.wait_until_ready(seconds=limit_seconds)
        duration_ms = (time.monotonic() - began) * 1000
        if runtime.ready.is_set() and not runtime.exited.is_set():
            if request is None:
                self._init_ms = duration_ms
            return None
        timed_out = not runtime.exited.is_set()
        await runtime.end()
        if runtime.api.init_error is not None:
            told = runtime.api.init_error
            result = Result(told.payload, told.error_type, "error")
        elif timed_out:
            result = self._time_out(request, limit_seconds)
        else:
            result = runtime.exit_result(request)
        platform_log.init_report(self._log, result, duration_ms, phase)
        return result

    async def _run(self, invocation: Invocation, deadline: float) -> Result:
        """Hand it to the runtime, and wait until that asks for more or ends.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke
        """
        runtime = self._runtime
        runtime.ready.clear()
        seconds = deadline - time.monotonic()
        answer = runtime.api.dispatch(replace(invocation, timeout_seconds=seconds))
        await runtime.wait_until_ready(seconds=seconds)
        if runtime.ready.is_set() and answer.done():
            return answer.result()
        if runtime.exited.is_set():
            # What it had said before is its result where that is an error.
            told = answer.result() if answer.done() else None
            if told is not None and told.error_type is not None:
                return told
            return runtime.exit_result(invocation.request_id)
        await runtime.end()
        return self._time_out(invocation.request_id, self.version.timeout_seconds)

    def _time_out(self, request: str | None, seconds: float) -> Result:
        """What a caller gets whose time is up: for INIT when no request is named."""
        if request is None:
            message = f"INIT took longer than {seconds:.0f} s"
        else:
            message = f"Task timed out after {seconds:.2f} seconds"
            # The line that people search their logs for.
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
            self._log.write(f"{moment}.{time.time_ns() // 10**6 % 1000:03}Z {request} {message}")
            message = f"RequestId: {request} Error: {message}"
        return Result(error_payload(TIMED_OUT, message), TIMED_OUT, "timeout")

    def _new_runtime(self) -> RuntimeProcess:
        return RuntimeProcess(
            self.version,
            code=self._code,
            place=self._place,
            folder=self._folder,
            log=self._log,
            credentials=self._credentials,
        )
