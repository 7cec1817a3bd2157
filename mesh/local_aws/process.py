"""Local AWS as a process of its own: start it, find it again, stop it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mesh.local_aws import LocalAwsError, daemon
from mesh.local_aws.daemon import DaemonError
from mesh.local_aws.instances import managed_runtime
from mesh.local_aws.instances.leftovers import end_leftover_instances
from mesh.local_aws.process_identity import is_alive
from mesh.local_aws.state import StateFolder, read_record

__all__ = ["LocalAwsError", "Running", "find", "start", "stop"]

NAME = "local AWS"
START_SECONDS = 60.0
# A machine at work may need long to save what it holds; killed, it would lose that.
STOP_SECONDS = 60.0
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
    arguments = ["--state", str(state.absolute()), "--endpoint-port", str(endpoint_port)]
    arguments += ["--url-ports", url_ports, "--region", region]
    if runtime is None:
        managed_runtime.install()
    else:
        arguments += ["--runtime", str(runtime.absolute())]
    if idle_seconds is not None:
        arguments += ["--idle-seconds", str(idle_seconds)]
    if not namespaces:
        arguments.append("--no-namespaces")
    if enforce_iam:
        arguments.append("--enforce-iam")
    try:
        return daemon.start(
            "mesh.local_aws",
            arguments,
            partial(find, state),
            name=NAME,
            log=log,
            seconds=START_SECONDS,
        )
    except DaemonError as error:
        raise LocalAwsError(str(error)) from None


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
        try:
            daemon.end(record.pid, record.identity, name=NAME, seconds=STOP_SECONDS)
        except DaemonError as error:
            raise LocalAwsError(str(error)) from None
    end_leftover_instances(folder)
    return was_running
