"""Local Supabase as a process of its own: start it, find it again, stop it."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aoma.local_supabase import LocalSupabaseError
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.places import HOST, OWNER, place_for
from mesh.local_aws import daemon
from mesh.local_aws.daemon import DaemonError
from mesh.local_aws.process_identity import is_alive

__all__ = ["LocalSupabaseError", "Record", "Running", "find", "remove", "start", "stop"]

NAME = "local Supabase"
START_SECONDS = 90.0
STOP_SECONDS = 30.0


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
    try:
        return daemon.start(
            "aoma.local_supabase",
            ["--state", str(state.absolute())],
            partial(find, state),
            name=NAME,
            log=log,
            seconds=START_SECONDS,
        )
    except DaemonError as error:
        raise LocalSupabaseError(str(error)) from None


def stop(state: Path) -> bool:
    """End it, PostgreSQL and PostgREST with it; True when it was running. Data stay.

    Raises:
        LocalSupabaseError: it could not be ended.
    """
    record = read_record(state)
    if record is None or not is_alive(record.pid, record.identity):
        return False
    try:
        daemon.end(record.pid, record.identity, name=NAME, seconds=STOP_SECONDS)
    except DaemonError as error:
        raise LocalSupabaseError(str(error)) from None
    return True


def remove(state: Path) -> None:
    """Remove the data and everything else that was kept; only when it is stopped."""
    shutil.rmtree(place_for(state / "postgres"), ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)
