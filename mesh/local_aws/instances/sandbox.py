"""The environment of an instance: what a process of Lambda sees, and nothing of the host's."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.host import RUNTIME, CannotRunHereError, base_interpreter
from mesh.local_aws.iam.role_credentials import RoleCredentials
from mesh.local_aws.instances.runtime_api import CREDENTIALS_PATH

LAUNCHER = Path(__file__).with_name("sandbox_exec.py")
PROBE_SECONDS = 10
EXEC_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
# What the managed runtime's own script does with a wrapper.
BOOTSTRAP = f"""\
#!/bin/sh
if [ ! -f "$1" ]; then echo "$1: does not exist"; exit 127; fi
if [ ! -x "$1" ]; then echo "$1: is not an executable"; exit 126; fi
exec "$1" "$2/bin/{RUNTIME}" "$2/bootstrap.py"
"""
# On AWS the script's folder is not on the path either.
BOOTSTRAP_PY = """\
import os
import sys

sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]

from awslambdaric.__main__ import main

main([sys.argv[0], os.environ["_HANDLER"]])
"""


@dataclass(frozen=True)
class Sandbox:
    """How instances are started on this machine.

    Args:
        runtime: Folder with Lambda's own Python packages, awslambdaric among them.
        language: Folder with the managed runtime's interpreter, as `write_language` makes it.
        namespaces: Whether user and mount namespaces work; else the task root is a plain
            folder without write permission, and tracebacks show its real path.
    """

    runtime: Path
    language: Path
    namespaces: bool

    def task_root(self, code: Path) -> str:
        """Where the function finds its code."""
        return "/var/task" if self.namespaces else str(code)


def probe_namespaces() -> str | None:
    """Try the namespaces once; None when they work, else the reason."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has no mount namespaces"
    with tempfile.TemporaryDirectory() as scratch:
        reading, writing = os.pipe()
        specification = {
            "namespaces": True,
            "binds": {"/tmp": scratch, "/var/task": scratch},  # noqa: S108 - inside the sandbox
            "keep": [],
            "parent": os.getpid(),
            "group": None,
            "folder": "/var/task",
            "command": [],
            "report_fd": writing,
        }
        try:
            subprocess.run(
                [base_interpreter(), "-S", "-I", str(LAUNCHER), json.dumps(specification)],
                pass_fds=[writing],
                check=False,
                capture_output=True,
                timeout=PROBE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return "the probe did not end"
        finally:
            os.close(writing)
        with os.fdopen(reading, "rb") as report:
            said = report.read()
    return None if said[:1] == b"T" else said[1:].decode(errors="replace") or "the probe failed"


def environment(
    version: FunctionVersion,
    *,
    sandbox: Sandbox,
    code: Path,
    temporary: Path,
    runtime_api: str,
    log_stream: str,
    endpoint: str,
    credentials: RoleCredentials,
    credentials_token: str = "",
) -> dict[str, str]:
    """The variables Lambda sets, and AWS_ENDPOINT_URL, the one that only this machine needs.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    inside = sandbox.namespaces
    task_root = sandbox.task_root(code)
    runtime = "/var/runtime" if inside else str(sandbox.runtime)
    prefix = Path(sys.base_prefix) / "lib"
    variables = {
        "AWS_ENDPOINT_URL": endpoint,
        **version.environment,
        **_exec_wrapper(version, task_root),
        "_HANDLER": version.handler,
        **_credentials(version, credentials, runtime_api, credentials_token),
        "AWS_REGION": version.function.region,
        # Nothing listens there: the SDKs send their segments as datagrams, into the void.
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "AWS_DEFAULT_REGION": version.function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{version.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(version.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": version.function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": version.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start" if version.snap_start else "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": version.log_format,
        "AWS_LAMBDA_LOG_GROUP_NAME": version.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "LAMBDA_RUNTIME_DIR": runtime,
        "LAMBDA_TASK_ROOT": task_root,
        "LANG": "en_US.UTF-8",
        "LD_LIBRARY_PATH": f"{prefix}:/lib64:/usr/lib64:{runtime}:{runtime}/lib"
        f":{task_root}:{task_root}/lib:/opt/lib",
        "PATH": f"{Path(base_interpreter()).parent}:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "PYTHONPATH": runtime,
        "TZ": ":UTC",
    }
    level = (version.config.get("LoggingConfig") or {}).get("ApplicationLogLevel")
    if level:
        variables["AWS_LAMBDA_LOG_LEVEL"] = str(level)
    if not inside:
        # There is only one /tmp without a namespace; this is the nearest to an own one.
        variables["TMPDIR"] = str(temporary)
    return variables


def _credentials(
    version: FunctionVersion, own: RoleCredentials, runtime_api: str, token: str
) -> dict[str, str]:
    """Where an instance has its role's credentials from.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
    """
    if not version.snap_start:
        return {
            "AWS_ACCESS_KEY_ID": own.access_key,
            "AWS_SECRET_ACCESS_KEY": own.secret_key,
            "AWS_SESSION_TOKEN": own.session_token,
        }
    return {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{runtime_api}{CREDENTIALS_PATH}",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
    }


def _exec_wrapper(version: FunctionVersion, task_root: str) -> dict[str, str]:
    """The wrapper's path as it is here: without namespaces the task root lies elsewhere."""
    wrapper = version.environment.get(EXEC_WRAPPER)
    if not wrapper:
        return {}
    inside = wrapper.removeprefix("/var/task/")
    return {EXEC_WRAPPER: wrapper if inside == wrapper else f"{task_root}/{inside}"}


def _command(version: FunctionVersion, sandbox: Sandbox, wrapper: str | None) -> list[str]:
    """What becomes the runtime: awslambdaric, or the wrapper with its command line.

    https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper
    """
    if not wrapper:
        return [base_interpreter(), "-S", "-m", "awslambdaric", version.handler]
    language = "/var/lang" if sandbox.namespaces else str(sandbox.language)
    return ["/bin/sh", f"{language}/bootstrap", wrapper, language]


def write_language(folder: Path) -> Path:
    """Write what an exec wrapper is started with: the interpreter, and the runtime's script.

    The interpreter is this machine's, with none of its site-packages.
    """
    files = {
        "bootstrap": BOOTSTRAP,
        "bootstrap.py": BOOTSTRAP_PY,
        f"bin/{RUNTIME}": f'#!/bin/sh\nexec {shlex.quote(base_interpreter())} -S "$@"\n',
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o700)
    return folder


@dataclass(frozen=True)
class StartedProcess:
    """An instance's process.

    Attributes:
        process: It.
        started: Monotonic time at which the runtime began.
        arranging_seconds: CPU time that the process had used by then.
        output_fd: Reading end of its standard output and error.
        telemetry_fd: Reading end of awslambdaric's frames.
    """

    process: asyncio.subprocess.Process
    started: float
    arranging_seconds: float
    output_fd: int
    telemetry_fd: int


async def spawn(
    version: FunctionVersion,
    *,
    sandbox: Sandbox,
    code: Path,
    temporary: Path,
    variables: dict[str, str],
    group: Path | None,
) -> StartedProcess:
    """Start the real awslambdaric on the handler, in a session and a control group of its own.

    Its sys.path is the task root, the runtime's packages and the standard library, in
    Lambda's order.

    Raises:
        CannotRunHereError: the process could not be arranged or executed.
    """
    report_reading, report_writing = os.pipe()
    output_reading, output_writing = os.pipe()
    telemetry_reading, telemetry_writing = os.pipe()
    interpreter = base_interpreter()
    specification = {
        "namespaces": sandbox.namespaces,
        "binds": {
            "/tmp": str(temporary),  # noqa: S108 - inside the sandbox
            "/var/lang": str(sandbox.language),
            "/var/runtime": str(sandbox.runtime),
            "/var/task": str(code),
        },
        "keep": [sys.base_prefix],
        "parent": os.getpid(),
        "group": str(group) if group else None,
        "folder": sandbox.task_root(code),
        "command": _command(version, sandbox, variables.get(EXEC_WRAPPER)),
        "environment": variables | {"_LAMBDA_TELEMETRY_LOG_FD": str(telemetry_writing)},
        "report_fd": report_writing,
    }
    try:
        process = await asyncio.create_subprocess_exec(
            interpreter,
            "-S",
            "-I",
            str(LAUNCHER),
            json.dumps(specification),
            stdin=subprocess.DEVNULL,
            stdout=output_writing,
            stderr=output_writing,
            pass_fds=[report_writing, telemetry_writing],
            start_new_session=True,
        )
    finally:
        for descriptor in (report_writing, output_writing, telemetry_writing):
            os.close(descriptor)
    said = await _read_report(report_reading)
    if said[:1] != b"T":
        await process.wait()
        for descriptor in (output_reading, telemetry_reading):
            os.close(descriptor)
        raise CannotRunHereError(
            f"an instance could not be started: {said[1:].decode(errors='replace') or 'no reason'}"
        )
    started, arranging_seconds = struct.unpack("dd", said[1:17])
    return StartedProcess(
        process=process,
        started=started,
        arranging_seconds=arranging_seconds,
        output_fd=output_reading,
        telemetry_fd=telemetry_reading,
    )


async def _read_report(descriptor: int) -> bytes:
    """What the launcher said before it became the runtime (or failed)."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb", 0)
    )
    with contextlib.closing(transport):
        return await reader.read()
