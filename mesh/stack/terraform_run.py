"""Runs of Terraform: their long output into a log, their errors to the person."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

from mesh.failure import CommandFailedError
from mesh.local_aws.private_files import open_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

SHOWN_LINES = 20
# Terraform ends what it is doing and saves its state when it is asked to stop.
STOP_SECONDS = 60.0
# Somebody else's run, or one that was killed and is still finishing.
LOCK_TIMEOUT = "-lock-timeout=60s"
POLL_SECONDS = 0.2
BORDER = re.compile(r"^[╷│╵]\s?")
UNDECLARED = re.compile(r'does not declare a variable\s+named\s+"([^"]+)"')
NOT_INITIALISED = re.compile(r"terraform init|plugins are not installed", re.IGNORECASE)


class TerraformFailedError(CommandFailedError):
    """A run of Terraform failed; `output` is all that this run printed."""

    def __init__(self, message: str, output: str) -> None:
        super().__init__(message)
        self.output = output


def run(
    arguments: Sequence[str],
    *,
    root: Path,
    variables: Mapping[str, str],
    log: Path,
    stop: Callable[[], bool] | None = None,
) -> None:
    """Run `terraform <arguments>` in `root` and append what it prints to `log`.

    Ctrl-C reaches Terraform once, and this waits until it has saved its state.

    Args:
        arguments: for `terraform`.
        root: where the configuration is.
        variables: the environment of the run.
        log: what it prints goes to the end of this file.
        stop: asked again and again; true stops it, as Ctrl-C does.

    Raises:
        TerraformFailedError: it failed or was stopped; with its own error and the path of the
            log. Or a file sets a variable that there is not.
    """
    command = ["terraform", f"-chdir={root}", *arguments]
    with open_log(log) as output:
        output.write(f"\n$ terraform {' '.join(arguments)}\n".encode())
        output.flush()
        start = output.tell()
        process: subprocess.Popen[bytes] | None = None
        try:
            with interrupts_held():
                process = subprocess.Popen(
                    command,
                    env=dict(variables),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    # A session of its own: the terminal's Ctrl-C would reach it a second time,
                    # and Terraform takes two as an order to drop everything.
                    start_new_session=True,
                )
            status = process.wait() if stop is None else _status(process, stop)
        except KeyboardInterrupt:
            _end(process)
            raise
    with log.open("rb") as written:
        written.seek(start)
        said = written.read().decode(errors="replace")
    if status == 0 and arguments[0] in {"plan", "apply"}:
        _refuse_undeclared(said)
    if status != 0:
        reason = "failed"
        if status is None:
            reason = "was stopped"
        elif status < 0:
            # A Terraform that was killed leaves its providers running.
            _kill(process)
            reason = f"was killed by signal {-status}"
        raise TerraformFailedError(
            f"terraform {arguments[0]} {reason}:\n{essence(said)}\n  all of its output: {log}",
            said,
        )


def _status(process: subprocess.Popen[bytes], stop: Callable[[], bool]) -> int | None:
    """The exit status, once it has ended; None when it was stopped."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(POLL_SECONDS)
        if stop():
            _end(process)
            return None


def _refuse_undeclared(said: str) -> None:
    """Refuse a value that Terraform warns of and does without: its name is a mistake."""
    for name in dict.fromkeys(UNDECLARED.findall(said)):
        raise TerraformFailedError(
            f"a file of values (.tfvars) sets {name}, and there is no such variable. Correct the "
            "name or remove it; docs/reference/terraform.md lists the variables.",
            said,
        )


def read_outputs(
    *, root: Path, variables: Mapping[str, str], state: Path | None = None
) -> dict[str, Any]:
    """Give the values of the root's outputs by name; {} when nothing was applied.

    Args:
        root: where the configuration is.
        variables: the environment of the run.
        state: a state file; the root's own backend when None.

    Raises:
        TerraformFailedError: the state cannot be read.
    """
    # Away from the configuration Terraform looks at the state alone; there it would first
    # read the whole provider, hundreds of megabytes, to compare its digest with the lock.
    folder = root if state is None else state.parent
    command = ["terraform", f"-chdir={folder}", "output", "-json", "-no-color"]
    done = subprocess.run(
        command if state is None else [*command, f"-state={state}"],
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise TerraformFailedError(f"terraform output failed:\n{essence(done.stderr)}", done.stderr)
    return {name: output["value"] for name, output in json.loads(done.stdout).items()}


def lacks_init(output: str) -> bool:
    """Whether Terraform failed since the root is not initialised."""
    return NOT_INITIALISED.search(output) is not None


def first_error(output: str) -> str:
    """Give the first line of the first error in Terraform's output."""
    return essence(output).partition("\n")[0].strip()


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Let a Ctrl-C count after the body: within it nobody would know yet which process to stop."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[FrameType | None] = []
    signal.signal(signal.SIGINT, lambda _, frame: came.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if came:
        handler(signal.SIGINT, came[0])


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """Let Terraform stop in order; end it and its plugins by force when it does not."""
    if process is None:
        return
    with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)
    _kill(process)
    process.wait()


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    """End what is left of Terraform's session."""
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def essence(output: str) -> str:
    """Give the first error of Terraform's output, else its last lines, indented."""
    lines = [BORDER.sub("", line).rstrip() for line in output.splitlines()]
    lines = [line for line in lines if line]
    first = next((n for n, line in enumerate(lines) if line.startswith("Error:")), None)
    shown = lines[-SHOWN_LINES:] if first is None else lines[first : first + SHOWN_LINES]
    return "\n".join(f"  {line}" for line in shown)
