"""Instances that a killed local AWS left behind."""

from __future__ import annotations

import shutil
from pathlib import Path

from mesh.local_aws.process_identity import is_alive, kill_group, wait_gone
from mesh.local_aws.state import StateFolder, read_json

RECORD = "process.json"
END_SECONDS = 5.0


def end_leftover_instances(folder: StateFolder) -> int:
    """End recorded instance processes that still are the recorded ones; how many there were.

    An instance asks the kernel to end it with its parent, so this finds those on systems
    without that, and the folders of all.
    """
    ended = 0
    for instance in sorted(folder.instances.glob("*")):
        record = read_json(instance / RECORD)
        pid, started = record.get("pid"), record.get("identity")
        if isinstance(pid, int) and isinstance(started, str) and is_alive(pid, started):
            kill_group(pid)
            wait_gone(pid, started, seconds=END_SECONDS)
            ended += 1
        remove_tree(instance)
    return ended


def remove_tree(folder: Path) -> None:
    """Remove a folder though files in it are read-only, or were left unreadable by a function."""
    if not folder.exists():
        return
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
