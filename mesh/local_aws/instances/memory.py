"""Memory of an instance's process, as Lambda counts it: resident pages, children included."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from mesh.local_aws.process_identity import descendants

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MB = 1024 * 1024


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and its descendants now; 0 when it is gone or unknown."""
    total = 0
    for one in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, IndexError):
            total += int(Path(f"/proc/{one}/statm").read_bytes().split()[1]) * PAGE_BYTES
    return total


def peak_bytes(pid: int) -> int:
    """Highest resident memory of the process so far; 0 when it is gone or unknown."""
    try:
        for line in Path(f"/proc/{pid}/status").read_bytes().splitlines():
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
