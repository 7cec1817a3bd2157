"""Memory of an instance's process, as Lambda counts it: resident pages, children included."""

from __future__ import annotations

import os
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MB = 1024 * 1024


def resident_bytes(pid: int) -> int:
    """Resident memory of a process and its descendants now; 0 when it is gone or unknown."""
    total = 0
    waiting = [pid]
    while waiting:
        current = waiting.pop()
        try:
            total += int(Path(f"/proc/{current}/statm").read_bytes().split()[1]) * PAGE_BYTES
            children = Path(f"/proc/{current}/task/{current}/children").read_bytes()
        except (OSError, IndexError):
            continue
        waiting += map(int, children.split())
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
