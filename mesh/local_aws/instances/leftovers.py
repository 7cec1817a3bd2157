"""Instances that a killed local AWS left behind, ended at once and at the next start.

Run as a program, it waits until standard input closes, which happens when the local AWS that
started it has ended, and then ends what is left:
`python -m mesh.local_aws.instances.leftovers STATE`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mesh.local_aws.process_identity import is_alive, kill_group, kill_mounting, wait_gone
from mesh.local_aws.process_limit import remove_groups_of
from mesh.local_aws.state import StateFolder, read_json

RECORD = "process.json"
# An instance's own /tmp, by the name that it has outside.
TEMPORARY = "tmp"
END_SECONDS = 5.0


def watch(folder: StateFolder) -> None:
    """End the instances once this process has ended, even by SIGKILL.

    The kernel ends an instance's runtime with its parent, and not what that had started.
    """
    # No other process inherits the end that is written to: it closes when this process ends.
    ours, _never_closed = os.pipe()
    subprocess.Popen(
        [sys.executable, "-m", __name__, str(folder.root), str(os.getpid())],
        stdin=ours,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C in a terminal does not reach it.
        start_new_session=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    os.close(ours)


def end_leftover_instances(folder: StateFolder) -> int:
    """End recorded instance processes that still are the recorded ones; how many there were.

    An instance asks the kernel to end it with its parent, so this finds what the instance had
    started, the folders of all, and the instances themselves on systems without that.
    """
    ended = 0
    instances = sorted(folder.instances.glob("*"))
    kill_mounting([instance / TEMPORARY for instance in instances], "/tmp")  # noqa: S108 - inside the sandbox
    for instance in instances:
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


def main() -> None:
    """Wait for the end of the local AWS with this state folder and process; end what it left.

    A next one may have started on that folder meanwhile: its instances have another owner.
    """
    folder, pid = StateFolder(Path(sys.argv[1])), int(sys.argv[2])
    sys.stdin.buffer.read()
    instances = folder.instances.glob("*")
    left = [one / TEMPORARY for one in instances if read_json(one / RECORD).get("owner") == pid]
    kill_mounting(left, "/tmp")  # noqa: S108 - inside the sandbox
    remove_groups_of(pid)


if __name__ == "__main__":
    main()
