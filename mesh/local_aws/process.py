"""Local AWS as a process of its own: start it, find it again, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesh.local_aws import LocalAwsError
from mesh.local_aws.instances import managed_runtime
from mesh.local_aws.leftovers import end_leftover_instances
from mesh.local_aws.private_files import open_log
from mesh.local_aws.process_identity import identity, is_alive, kill_group, wait_gone
from mesh.local_aws.state import ProcessRecord, StateFolder, read_record

__all__ = ["LocalAwsError", "Running", "find", "start", "stop"]

START_SECONDS = 60.0
# A machine at work may need long to save what it holds; killed, it would lose that.
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05
# Without the proxy that `http_proxy` may name: it does not reach this machine's loopback.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Running:
    """A local AWS that answers."""

    pid: int
    endpoint: str
    region: str
    account_id: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point Terraform, the AWS CLI and the SDKs here and nowhere else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
        }

    def status(self) -> dict[str, Any]:
        """Functions, instances and the last requests: `GET /_local_aws/status`.

        Raises:
            LocalAwsError: it did not answer.
        """
        try:
            with _direct.open(f"{self.endpoint}/_local_aws/status", timeout=10) as answer:
                content: dict[str, Any] = json.load(answer)
        except (OSError, ValueError) as error:
            raise LocalAwsError(f"local AWS at {self.endpoint} does not answer: {error}") from error
        return content


def start(
    state: Path,
    *,
    endpoint_port: int = 0,
    url_ports: str = "0",
    log: Path,
    runtime: Path | None = None,
    region: str = "us-east-1",
    idle_seconds: float | None = None,
    namespaces: bool = True,
    enforce_iam: bool = False,
) -> Running:
    """Start local AWS detached and wait until it answers; one that runs already is returned.

    Args:
        state: Its folder; functions, URLs and their ports survive stop and start in it.
        endpoint_port: Port of the AWS endpoint; 0 takes the last one, or any that is free.
        url_ports: Ports for Function URLs, `8787-8886`, one number, or `0` for any free one.
        log: File its output is appended to.
        runtime: Folder with Lambda's own Python packages; the environment's by default.
        region: Region of callers that name none.
        idle_seconds: How long an instance may be idle before it ends.
        namespaces: False does without mount namespaces, as on a machine that has none.
        enforce_iam: Whether callers need policies that allow what they ask; the credentials
            of `Running.environment` are the account's root's, who may do everything.

    Raises:
        LocalAwsError: it did not come up; the message is its own last line.
    """
    running = find(state)
    if running is not None:
        return running
    command = [sys.executable, "-m", "mesh.local_aws", "--state", str(state.absolute())]
    command += ["--endpoint-port", str(endpoint_port), "--url-ports", url_ports, "--region", region]
    if runtime is None:
        managed_runtime.install()
    else:
        command += ["--runtime", str(runtime.absolute())]
    if idle_seconds is not None:
        command += ["--idle-seconds", str(idle_seconds)]
    if not namespaces:
        command.append("--no-namespaces")
    if enforce_iam:
        command.append("--enforce-iam")
    with open_log(log) as output:
        before = output.tell()
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The caller's folder may vanish while this runs on.
            cwd=Path(__file__).resolve().parents[2],
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise LocalAwsError(_last_line(log, before) or f"local AWS ended at once: see {log}")
        running = find(state)
        if running is not None:
            # Detached on purpose: the interpreter need not warn that it still runs.
            child.returncode = 0
            return running
        time.sleep(POLL_SECONDS)
    kill_group(child.pid)
    child.wait()
    raise LocalAwsError(f"local AWS did not answer within {START_SECONDS:.0f} s: see {log}")


def find(state: Path) -> Running | None:
    """The local AWS that runs on this state, None when there is none that answers."""
    record = read_record(StateFolder(state))
    if record is None or not record.ready or not is_alive(record.pid, record.identity):
        return None
    endpoint = f"http://127.0.0.1:{record.endpoint_port}"
    try:
        with _direct.open(f"{endpoint}/_local_aws/status", timeout=5):
            pass
    except (OSError, urllib.error.URLError):
        return None
    return Running(
        pid=record.pid, endpoint=endpoint, region=record.region, account_id=record.account_id
    )


def stop(state: Path) -> bool:
    """End local AWS and every instance of it; True when one was running.

    It saves its state first. Only recorded processes are touched, and only while their
    start time is the recorded one.

    Raises:
        LocalAwsError: it could not be ended.
    """
    folder = StateFolder(state)
    record = read_record(folder)
    was_running = record is not None and is_alive(record.pid, record.identity)
    if record is not None and was_running:
        _end(record)
    end_leftover_instances(folder)
    return was_running


def _end(record: ProcessRecord) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(record.pid, signal.SIGTERM)
    if not _gone(record, seconds=STOP_SECONDS):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, signal.SIGKILL)
        if not _gone(record, seconds=STOP_SECONDS):
            raise LocalAwsError(f"local AWS, process {record.pid}, does not end")


def _gone(record: ProcessRecord, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # When this very process started it, it stays a zombie until it is waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(record.pid, os.WNOHANG)
        if wait_gone(record.pid, record.identity, seconds=POLL_SECONDS):
            return True
    return identity(record.pid) != record.identity


def _last_line(log: Path, offset: int) -> str:
    with log.open("rb") as output:
        output.seek(offset)
        lines = output.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1].removeprefix("local AWS: ") if said else ""
