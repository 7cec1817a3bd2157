"""The whole as a process of its own: start it, find it again, stop it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.places import HOST, OWNER, place_for
from mesh.local_aws.private_files import open_log
from mesh.local_aws.process_identity import identity, is_alive, kill_group, wait_gone

__all__ = ["LocalSupabaseError", "Record", "Running", "find", "remove", "start", "stop"]

START_SECONDS = 90.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Record:
    """Which process runs on a state, and where; nothing secret."""

    pid: int
    identity: str
    port: int
    openai_port: int
    database_port: int
    ready: bool


@dataclass(frozen=True)
class Running:
    """A Supabase project and a stand-in for OpenAI that run."""

    pid: int
    url: str
    openai_url: str
    database_url: str
    keys: Keys


def _record_file(state: Path) -> Path:
    return state / "local-supabase.json"


def _keys_file(state: Path) -> Path:
    return state / "keys.json"


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(file: Path, content: dict[str, Any]) -> None:
    """Replace a file in one step, readable by its owner only."""
    draft = file.with_suffix(f".{os.getpid()}.draft")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content, indent=1))
    draft.replace(file)


def read_record(state: Path) -> Record | None:
    """The record; None when there is none that can be understood."""
    try:
        return Record(**_read(_record_file(state)))
    except TypeError:
        return None


def write_record(state: Path, record: Record) -> None:
    """Say which process runs here."""
    _write(_record_file(state), asdict(record))


def keys_of(state: Path) -> Keys:
    """The project's keys: made the first time, the same ever after."""
    try:
        return Keys(**_read(_keys_file(state)))
    except TypeError:
        keys = Keys.fresh()
        _write(_keys_file(state), asdict(keys))
        return keys


def find(state: Path) -> Running | None:
    """What runs on this state; None when nothing does."""
    record = read_record(state)
    if record is None or not record.ready or not is_alive(record.pid, record.identity):
        return None
    keys = keys_of(state)
    return Running(
        pid=record.pid,
        url=f"http://{HOST}:{record.port}",
        openai_url=f"http://{HOST}:{record.openai_port}/v1",
        database_url=(
            f"postgresql://{OWNER}:{keys.database_password}@{HOST}:{record.database_port}/postgres"
        ),
        keys=keys,
    )


def start(state: Path, *, log: Path) -> Running:
    """Start detached and wait until it answers; one that runs already is returned.

    Args:
        state: its folder; data, keys and, where they are free, ports survive stop and start.
        log: file its output is appended to.

    Raises:
        LocalSupabaseError: it did not come up; the message is its own last line.
    """
    running = find(state)
    if running is not None:
        return running
    with open_log(log) as output:
        before = output.tell()
        child = subprocess.Popen(
            [sys.executable, "-m", "aoma.local_supabase", "--state", str(state.absolute())],
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
            raise LocalSupabaseError(_last_line(log, before) or f"it ended at once: see {log}")
        running = find(state)
        if running is not None:
            # Detached on purpose: the interpreter need not warn that it still runs.
            child.returncode = 0
            return running
        time.sleep(POLL_SECONDS)
    kill_group(child.pid)
    child.wait()
    raise LocalSupabaseError(f"it did not answer within {START_SECONDS:.0f} s: see {log}")


def stop(state: Path) -> bool:
    """End it, PostgreSQL and PostgREST with it; True when it was running. Data stay.

    Raises:
        LocalSupabaseError: it could not be ended.
    """
    record = read_record(state)
    if record is None or not is_alive(record.pid, record.identity):
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(record.pid, number)
        if _gone(record, seconds=STOP_SECONDS):
            return True
    raise LocalSupabaseError(f"process {record.pid} does not end")


def remove(state: Path) -> None:
    """Remove the data and everything else that was kept; only when it is stopped."""
    shutil.rmtree(place_for(state / "postgres"), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


def _gone(record: Record, *, seconds: float) -> bool:
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
    return said[-1].removeprefix("local Supabase: ") if said else ""
