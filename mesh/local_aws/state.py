"""Where local AWS keeps what, and the record that says which process runs it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from mesh.local_aws import LocalAwsError
from mesh.local_aws.private_files import private_folder


@dataclass(frozen=True)
class StateFolder:
    """The folder of one local AWS. Nothing is written outside it."""

    root: Path

    @property
    def record(self) -> Path:
        """Which process runs on this state."""
        return self.root / "local-aws.json"

    @property
    def lock(self) -> Path:
        """Held by that process; the kernel lets go of it however the process ends."""
        return self.root / "local-aws.lock"

    @property
    def ports(self) -> Path:
        """Which port belongs to which Function URL."""
        return self.root / "ports.json"

    @property
    def ministack(self) -> Path:
        """MiniStack's own persistence."""
        return self.root / "ministack"

    @property
    def objects(self) -> Path:
        """S3 objects."""
        return self.root / "s3"

    @property
    def temporary(self) -> Path:
        """TMPDIR of the control plane: MiniStack leaves folders behind, so it gets its own."""
        return self.root / "tmp"

    @property
    def code(self) -> Path:
        """Unpacked zips, read-only, by SHA-256."""
        return self.root / "code"

    @property
    def language(self) -> Path:
        """What the managed runtime's interpreter is here, for exec wrappers."""
        return self.root / "lang"

    @property
    def instances(self) -> Path:
        """One folder for each running instance: its /tmp and which process it is."""
        return self.root / "instances"

    @property
    def logs(self) -> Path:
        """One plain text file for each function."""
        return self.root / "logs"


@dataclass(frozen=True)
class ProcessRecord:
    """What `local-aws.json` holds."""

    pid: int
    identity: str
    endpoint_port: int
    region: str
    account_id: str
    ready: bool


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file, {} when it is missing or half-written."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace a file in one step, so that a killed process leaves the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.draft")
    draft.write_text(json.dumps(content, indent=1, sort_keys=True))
    draft.replace(path)


def read_record(folder: StateFolder) -> ProcessRecord | None:
    """The record, None when there is none that can be understood."""
    try:
        return ProcessRecord(**read_json(folder.record))
    except TypeError:
        return None


def write_record(folder: StateFolder, record: ProcessRecord) -> None:
    """Say which process runs here."""
    write_json(folder.record, asdict(record))


def take_lock(folder: StateFolder) -> IO[str]:
    """Own this state until the process ends.

    Raises:
        LocalAwsError: another local AWS runs on the same folder.
    """
    private_folder(folder.root)
    lock = folder.lock.open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        record = read_record(folder)
        who = f" (process {record.pid})" if record else ""
        raise LocalAwsError(
            f"a local AWS already runs on {folder.root}{who}: stop it first, or use another --state"
        ) from None
    return lock
