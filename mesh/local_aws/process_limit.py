"""How many processes and threads an instance may have: 1,024 together, as on Lambda.

In a user namespace of its own, Linux counts an instance's apart from all others, and
`RLIMIT_NPROC` limits them; `sandbox_exec.py` sets that. The kernel exempts root from it, so for
root there is a control group.
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

PROCESSES = 1024
PREFIX = "mesh-instance-"


def make_group(identifier: str) -> Path | None:
    """Make a control group for an instance; None where none is needed or none may be made.

    The number of this process is in its name, for `remove_groups_of` after it was killed.
    """
    if os.getuid() != 0:
        return None
    for parent in _parents():
        group = parent / f"{PREFIX}{os.getpid()}-{identifier}"
        with contextlib.suppress(OSError):
            group.mkdir()
            try:
                (group / "pids.max").write_text(str(PROCESSES))
            except OSError:
                # Without that controller, the file is not there.
                group.rmdir()
                continue
            return group
    return None


def remove_group(group: Path | None) -> None:
    """Remove a control group once its processes have ended."""
    if group is not None:
        with contextlib.suppress(OSError):
            group.rmdir()


def remove_groups_of(pid: int) -> None:
    """Remove the control groups that a process which has ended had made."""
    for parent in _parents():
        for group in parent.glob(f"{PREFIX}{pid}-*"):
            remove_group(group)


def _parents() -> Iterator[Path]:
    """Where a group may be made: below this process's own one, or at the top of version 2.

    https://docs.kernel.org/admin-guide/cgroup-v2.html
    """
    try:
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        own = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
    except OSError:
        return
    paths = {controllers: path.lstrip("/") for _, controllers, path in own}
    for fields in mounts:
        kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
        if kind == "cgroup" and "pids" in options and "pids" in paths:
            yield Path(fields[4], paths["pids"])
        elif kind == "cgroup2":
            yield from {Path(fields[4], paths.get("", "")): None, Path(fields[4]): None}
