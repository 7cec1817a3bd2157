"""A web server in a Lambda instance, as AWS's Lambda Web Adapter runs one, measured.

The adapter starts the function's program and asks its port every 10 ms whether it is there.
https://github.com/aws/aws-lambda-web-adapter. The adapter is a program in Rust that this machine
does not have, so its own time is not measured.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import time
from collections.abc import Mapping
from typing import Self

from benchmarks.starts.clock import cpu_seconds
from benchmarks.starts.instance import LIMIT_SECONDS, Process, Program, Taken, check
from benchmarks.starts.requests import HEALTH, Ask
from mesh.local_aws.instances.memory import MB, peak_bytes
from mesh.local_aws.instances.sandbox import Sandbox, StartedProcess

HOST = "127.0.0.1"
CHECK_SECONDS = 0.01
# What a server does after its answer counts too.
AFTER_SECONDS = 0.002


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


class WebInstance:
    """Answers HTTP on a port; `async with` starts it and ends it.

    Attributes:
        init: From the program's start until its first answer of 200.
    """

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self._port = _free_port()
        extra = {"AWS_LWA_PORT": str(self._port), "AWS_LAMBDA_FUNCTION_NAME": "bench"}
        self._process = Process(program, sandbox, f"{HOST}:9", extra)
        self._connection = http.client.HTTPConnection(HOST, self._port, timeout=LIMIT_SECONDS)
        self.init = Taken(0, 0)

    async def __aenter__(self) -> Self:
        """Start, and wait until it is ready."""
        try:
            started = await self._process.start()
            await self._until_ready(started)
        except BaseException:
            await self.__aexit__()
            raise
        wall, cpu = time.monotonic(), cpu_seconds(self._process.pid)
        self.init = Taken((wall - started.started) * 1000, (cpu - started.arranging_seconds) * 1000)
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        self._connection.close()
        await self._process.end()

    async def _until_ready(self, started: StartedProcess) -> None:
        while not self._is_ready():
            if started.process.returncode is not None:
                raise self._process.failure("it ended")
            if time.monotonic() > started.started + LIMIT_SECONDS:
                raise self._process.failure("INIT did not end")
            await asyncio.sleep(CHECK_SECONDS)

    def _is_ready(self) -> bool:
        try:
            self._connection.request("GET", HEALTH.ask.path)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return False
        return answer.status == http.client.OK

    async def ask(self, ask: Ask) -> Taken:
        """Have a request answered.

        Raises:
            BenchmarkError: the answer is not the right one.
        """
        cpu = cpu_seconds(self._process.pid)
        began = time.monotonic()
        status, text = self._exchange(ask, ask.headers)
        wall = time.monotonic() - began
        # It may write its log now.
        await asyncio.sleep(AFTER_SECONDS)
        check(self._process, ask, status, text)
        return Taken(wall * 1000, (cpu_seconds(self._process.pid) - cpu) * 1000)

    def _exchange(self, ask: Ask, headers: Mapping[str, str]) -> tuple[int, str]:
        self._connection.request(ask.method, ask.path, ask.body or None, dict(headers))
        answer = self._connection.getresponse()
        return answer.status, answer.read().decode()

    @property
    def peak_mb(self) -> float:
        """The most memory that it had resident so far."""
        return peak_bytes(self._process.pid) / MB
