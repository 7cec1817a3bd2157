"""Instructions that a cold start executes: the same on every machine, busy or not.

Counted by valgrind's cachegrind, which counts as callgrind does and takes half the time.
Hash seed and addresses are fixed; SSM is asked without TLS, whose arithmetic depends on the
processor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
import shutil
import signal
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.starts import trees
from benchmarks.starts.instance import ARN, MEMORY_MB, BenchmarkError, Program, decoded
from benchmarks.starts.requests import Ask
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.host import base_interpreter
from mesh.local_aws.iam.role_credentials import RoleCredentials
from mesh.local_aws.instances.runtime_api import Invocation, RuntimeApi
from mesh.local_aws.instances.sandbox import EXEC_WRAPPER, Sandbox, environment, write_language

REFS = re.compile(r"I\s+refs:\s+([\d,]+)")
LIMIT_SECONDS = 600
MILLION = 1_000_000


def missing() -> str | None:
    """Why instructions cannot be counted here; None when they can."""
    if shutil.which("valgrind") is None:
        return "valgrind is not installed (apt install valgrind, dnf install valgrind)"
    return None


async def count(program: Program, asks: Sequence[Ask]) -> float:
    """Millions of instructions from the interpreter's start to the last of these answers.

    Args:
        program: What runs. The shell that starts a wrapper is not counted.
        asks: One after the other; none for INIT alone.

    Raises:
        BenchmarkError: it ended, took too long, or an answer is not the right one.
    """
    waiting = asyncio.Event()
    api = RuntimeApi(waiting.set)
    await api.start()
    with tempfile.TemporaryDirectory(prefix="mesh-starts-") as scratch:
        said = Path(scratch) / "valgrind"
        process = await _start(program, api.address, Path(scratch), said)
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await _reached(process, waiting)
                for ask in asks:
                    await _asked(program, api, process, waiting, ask)
            # It counts until it ends, and it waits now.
            process.send_signal(signal.SIGTERM)
            await process.wait()
        except TimeoutError:
            raise BenchmarkError(f"{program.tree.name}: no answer under valgrind") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await api.close()
        found = REFS.search(said.read_text())
        if found is None:
            raise BenchmarkError(f"valgrind gave no count: {said.read_text()[-500:]}")
        return int(found[1].replace(",", "")) / MILLION


async def _start(
    program: Program, address: str, scratch: Path, said: Path
) -> asyncio.subprocess.Process:
    sandbox = Sandbox(trees.runtime(), write_language(trees.FOLDER / "language"), namespaces=False)
    version = FunctionVersion(
        function=ARN,
        version="1",
        config={
            "Handler": program.handler,
            "Runtime": "python3.13",
            "MemorySize": MEMORY_MB,
            "Environment": {"Variables": dict(program.environment)},
        },
        code=b"",
    )
    variables = environment(
        version,
        sandbox=sandbox,
        code=program.tree,
        temporary=scratch,
        runtime_api=address,
        log_stream="benchmark",
        endpoint="http://127.0.0.1:9",
        credentials=RoleCredentials("test", "test", "test"),
    )
    variables |= {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(scratch)}
    # The folders of this machine's own programs: valgrind's are among them.
    variables["PATH"] += f":{os.environ.get('PATH', '')}"
    counted = [
        *("valgrind", "--tool=cachegrind", "--cache-sim=no"),
        *("--cachegrind-out-file=/dev/null", f"--log-file={said}", base_interpreter(), "-S"),
    ]
    command = [*counted, "-m", "awslambdaric", program.handler]
    wrapper = variables.get(EXEC_WRAPPER)
    if wrapper:
        python = scratch / "python"
        python.write_text(f'#!/bin/sh\nexec {shlex.join(counted)} "$@"\n')
        python.chmod(0o700)
        command = [wrapper, str(python)]
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=program.tree,
        env=variables,
    )


async def _reached(process: asyncio.subprocess.Process, event: asyncio.Event) -> None:
    happening = asyncio.ensure_future(event.wait())
    ended = asyncio.ensure_future(process.wait())
    await asyncio.wait({happening, ended}, return_when=asyncio.FIRST_COMPLETED)
    for one in (happening, ended):
        one.cancel()
    if not event.is_set():
        raise BenchmarkError("the function ended under valgrind")


async def _asked(
    program: Program,
    api: RuntimeApi,
    process: asyncio.subprocess.Process,
    waiting: asyncio.Event,
    ask: Ask,
) -> None:
    waiting.clear()
    # Valgrind takes fifty times as long: what depends on the clock must not notice.
    payload = ask.event(program.headers, signed=program.signed)
    result = api.dispatch(
        Invocation(str(uuid.UUID(int=1)), payload, LIMIT_SECONDS, ARN.arn, "Root=1-0-0")
    )
    await _reached(process, waiting)
    answer = await result
    status, text = decoded(answer.payload, answer.content_type)
    if status != 200 or ask.expected not in "".join(text.split()):
        raise BenchmarkError(f"{ask.path} gave {status} under valgrind: {text[:300]}")


def without_tls(program: Program, url: str) -> Program:
    """The same, with SSM at this address."""
    variables = {**program.environment, "AWS_ENDPOINT_URL_SSM": url}
    return replace(program, environment=variables)
