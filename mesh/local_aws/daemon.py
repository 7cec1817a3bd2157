"""A program that runs on after the command that started it: start it, wait for it, end it.

Local AWS and local Supabase are such programs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mesh.local_aws.private_files import open_log
from mesh.local_aws.process_identity import identity, kill_group, wait_gone

POLL_SECONDS = 0.05


class DaemonError(Exception):
    """The program did not start, or did not end; the message is for people."""


def start[Running](
    module: str,
    arguments: Sequence[str],
    find: Callable[[], Running | None],
    *,
    name: str,
    log: Path,
    seconds: float,
) -> Running:
    """Start a module's program in a session of its own, and wait until it answers.

    Args:
        module: What `python -m` runs.
        arguments: For the program.
        find: Gives the program once it answers.
        name: What people call it. Its own error messages start with this.
        log: The file that its output is appended to.
        seconds: How long it may take to answer.

    Raises:
        DaemonError: It ended, or did not answer in time. Where it can, the message quotes the
            last line of its output.
    """
    with open_log(log) as output:
        before = output.tell()
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # The caller's folder may vanish while this runs on.
            cwd=Path(__file__).resolve().parents[2],
        )
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if child.poll() is not None:
            said = _last_line(log, before).removeprefix(f"{name}: ")
            raise DaemonError(said or f"{name} ended at once: see {log}")
        running = find()
        if running is not None:
            # It is meant to run on: the interpreter need not warn of it.
            child.returncode = 0
            return running
        time.sleep(POLL_SECONDS)
    kill_group(child.pid)
    child.wait()
    raise DaemonError(f"{name} did not answer within {seconds:.0f} s: see {log}")


def end(pid: int, recorded: str, *, name: str, seconds: float) -> None:
    """End the program, with SIGKILL where SIGTERM does not end it.

    Args:
        pid: Its process.
        recorded: The process's `identity`, so that no other with its number is ended.
        name: What people call it.
        seconds: How long each signal may take.

    Raises:
        DaemonError: It does not end.
    """
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if _is_gone(pid, recorded, seconds):
            return
    raise DaemonError(f"{name}, process {pid}, does not end")


def _is_gone(pid: int, recorded: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        # Where this very process started it, it stays a zombie until somebody waits for it.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        if wait_gone(pid, recorded, seconds=POLL_SECONDS):
            return True
    return identity(pid) != recorded


def _last_line(log: Path, offset: int) -> str:
    with log.open("rb") as output:
        output.seek(offset)
        lines = output.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else ""
