"""One Lambda instance, measured: a clean process under AWS's own runtime client.

What starts it, its environment, its file system and its Runtime API are local AWS's; see
mesh/local_aws/README.md for where those differ from Lambda's.
"""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.starts.clock import cpu_seconds
from benchmarks.starts.requests import Ask
from mesh.local_aws.functions import FunctionName, FunctionVersion
from mesh.local_aws.iam.role_credentials import RoleCredentials
from mesh.local_aws.instances.log_pipes import FramePipe, LinePipe
from mesh.local_aws.instances.memory import MB, peak_bytes
from mesh.local_aws.instances.runtime_api import Invocation, RuntimeApi
from mesh.local_aws.instances.sandbox import Sandbox, StartedProcess, environment, spawn
from mesh.local_aws.process_identity import kill_group

ARN = FunctionName("000000000000", "us-east-1", "benchmark")
MEMORY_MB = 512
# Far more than Lambda's own 10 s for INIT: a busy machine is slow, and 1,000 tools are many.
LIMIT_SECONDS = 120
LOG_LINES = 15


class BenchmarkError(Exception):
    """Something cannot be measured here; the message says what and why."""


@dataclass(frozen=True)
class Taken:
    """How long something took, in milliseconds.

    Attributes:
        wall: By the clock.
        cpu: The process's own time on a processor.
    """

    wall: float
    cpu: float


@dataclass(frozen=True)
class Program:
    """What an instance runs.

    Attributes:
        tree: The unpacked zip.
        handler: As Lambda's configuration names it.
        environment: The function's own variables.
        headers: What every request carries: the credential.
        signed: Whether IAM lets callers in, before the function is invoked.
    """

    tree: Path
    handler: str
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    signed: bool = False


class Process:
    """A started process, and what is known of every kind: its log, memory, end.

    Args:
        program: What it runs.
        sandbox: How this machine starts instances.
        address: Of its Runtime API.
        extra: More variables.
    """

    def __init__(
        self, program: Program, sandbox: Sandbox, address: str, extra: Mapping[str, str]
    ) -> None:
        self._program = program
        self._sandbox = sandbox
        self._address = address
        self._extra = extra
        self._temporary = Path(tempfile.mkdtemp(prefix="mesh-starts-"))
        self._pipes: list[LinePipe] = []
        self._lines: list[str] = []
        self.started: StartedProcess | None = None

    async def start(self) -> StartedProcess:
        """Start it."""
        variables = {**self._program.environment, **self._extra}
        version = FunctionVersion(
            function=ARN,
            version="1",
            config={
                "Handler": self._program.handler,
                "Runtime": "python3.13",
                "MemorySize": MEMORY_MB,
                "Environment": {"Variables": variables},
            },
            code=b"",
        )
        arguments: dict[str, Any] = {
            "sandbox": self._sandbox,
            "code": self._program.tree,
            "temporary": self._temporary,
        }
        own = environment(
            version,
            **arguments,
            runtime_api=self._address,
            log_stream="benchmark",
            # Nothing may reach an AWS that is not named.
            endpoint="http://127.0.0.1:9",
            credentials=RoleCredentials("test", "test", "test"),
        )
        if not self._sandbox.namespaces:
            # Write permission alone does not stop every user from keeping bytecode.
            own["PYTHONDONTWRITEBYTECODE"] = "1"
        self.started = await spawn(version, **arguments, variables=own, group=None)
        self._pipes = [
            LinePipe(self.started.output_fd, self._lines.append),
            FramePipe(self.started.telemetry_fd, self._lines.append),
        ]
        return self.started

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.started.process.pid if self.started else 0

    def failure(self, what: str) -> BenchmarkError:
        """What went wrong, with the end of its log."""
        for pipe in self._pipes:
            pipe.drain()
        said = "\n  ".join(self._lines[-LOG_LINES:])
        return BenchmarkError(f"{self._program.tree.name}: {what}\n  {said}")

    async def end(self) -> None:
        """Kill it, and remove what it left."""
        if self.started is not None:
            kill_group(self.pid)
            await self.started.process.wait()
        for pipe in self._pipes:
            pipe.close()
        shutil.rmtree(self._temporary, ignore_errors=True)


class LambdaInstance:
    """Runs one invocation at a time; `async with` starts it and ends it.

    Attributes:
        init: From the runtime's start until it asked for work.
    """

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self._program = program
        self._sandbox = sandbox
        self._waiting = asyncio.Event()
        self._at = (0.0, 0.0)
        self._api = RuntimeApi(self._asked_for_work)
        self._process: Process | None = None
        self.init = Taken(0, 0)

    async def __aenter__(self) -> Self:
        """Start, and wait for the end of INIT."""
        await self._api.start()
        process = self._process = Process(self._program, self._sandbox, self._api.address, {})
        try:
            started = await process.start()
            await self._until(self._waiting.wait(), "INIT")
        except BaseException:
            await self.__aexit__()
            raise
        wall, cpu = self._at
        self.init = Taken((wall - started.started) * 1000, (cpu - started.arranging_seconds) * 1000)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        if self._process is not None:
            await self._process.end()
        await self._api.close()

    def _asked_for_work(self) -> None:
        self._at = (time.monotonic(), cpu_seconds(self._process.pid if self._process else 0))
        self._waiting.set()

    async def _until(self, event: Any, what: str) -> Any:
        """Wait for an event, the process's end, or the end of the time."""
        assert self._process is not None  # noqa: S101 - started
        assert self._process.started is not None  # noqa: S101 - as above
        happening = asyncio.ensure_future(event)
        ended = asyncio.ensure_future(self._process.started.process.wait())
        await asyncio.wait(
            {happening, ended}, timeout=LIMIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        ended.cancel()
        if happening.done():
            return happening.result()
        happening.cancel()
        if self._api.init_error is not None:
            raise self._process.failure(self._api.init_error.payload.decode()[:2000])
        raise self._process.failure(f"{what} did not end")

    async def ask(self, ask: Ask) -> Taken:
        """Have a request answered.

        Raises:
            BenchmarkError: it ended, took too long, or the answer is not the right one.
        """
        assert self._process is not None  # noqa: S101 - started
        payload = ask.event(self._program.headers, signed=self._program.signed)
        invocation = Invocation(str(uuid.uuid4()), payload, LIMIT_SECONDS, ARN.arn, "Root=1-0-0")
        _, cpu_before = self._at
        self._waiting.clear()
        began = time.monotonic()
        result = await self._until(self._api.dispatch(invocation), ask.path)
        wall = time.monotonic() - began
        await self._until(self._waiting.wait(), f"{ask.path} after its answer")
        if result.error_type is not None:
            raise self._process.failure(result.payload.decode(errors="replace")[:2000])
        status, text = decoded(result.payload, result.content_type)
        check(self._process, ask, status, text)
        return Taken(wall * 1000, (self._at[1] - cpu_before) * 1000)

    @property
    def peak_mb(self) -> float:
        """The most memory that it had resident so far."""
        return peak_bytes(self._process.pid if self._process else 0) / MB


def decoded(payload: bytes, content_type: str | None) -> tuple[int, str]:
    """Status and body of a Function URL's response, whole or streamed."""
    if content_type is not None:
        head, _, body = payload.partition(bytes(8))
        return int(json.loads(head)["statusCode"]), body.decode()
    response = json.loads(payload)
    text = str(response.get("body") or "")
    if response.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    return int(response["statusCode"]), text


def check(process: Process, ask: Ask, status: int, text: str) -> None:
    """Refuse an answer that is not the right one.

    Raises:
        BenchmarkError: it has another status, is an error, or lacks what it should hold.
    """
    # One answer as an event stream is one line of data.
    found = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
    try:
        message = json.loads(found[-1] if found else text)
    except ValueError:
        message = {"error": "no JSON"}
    failed = "error" in message or (message.get("result") or {}).get("isError")
    if status != 200 or failed or ask.expected not in "".join(text.split()):
        raise process.failure(f"{ask.method} {ask.path} gave {status}: {text[:1000]}")
