"""Whether a process id still is the process that was recorded: numbers are used again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

POLL_SECONDS = 0.02
# Number of a process: what is started with this variable ends when that process has ended,
# however it ended. Test runs set it for themselves.
OWNER = "MESH_OWNER_PROCESS"


def identity(pid: int) -> str | None:
    """What tells a process from a later one with the same number; None when it is gone.

    Linux: the start time in ticks since boot, and the boot id. Elsewhere: what `ps` prints.
    A zombie counts as gone: it holds no port and no file.
    """
    if not Path("/proc/self/stat").exists():
        shown = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        return None if not shown or shown.startswith("Z") else shown.partition(" ")[2].strip()
    try:
        # The command name, in brackets, may itself hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, start_ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{start_ticks}"


def owner() -> Callable[[], bool]:
    """Tells whether the process that `OWNER` names has ended; without one it never has.

    Call this at the start, before the number can mean a later process.
    """
    named = os.environ.get(OWNER, "")
    if not named.isdigit():
        return lambda: False
    pid = int(named)
    recorded = identity(pid)
    return lambda: recorded is None or not is_alive(pid, recorded)


def is_alive(pid: int, recorded: str) -> bool:
    """Whether `pid` still is the process that `recorded` was taken from."""
    return identity(pid) == recorded


def kill_group(pid: int, sig: signal.Signals = signal.SIGKILL) -> None:
    """Signal a session leader of ours and its children; nothing happens when they are gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, sig)


def wait_gone(pid: int, recorded: str, *, seconds: float) -> bool:
    """Wait for a process that need not be a child of ours; True when it ended in time."""
    deadline = time.monotonic() + seconds
    while is_alive(pid, recorded):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def send_signal(pid: int, sig: signal.Signals) -> None:
    """Signal a process of ours; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, sig)


def descendants(pid: int) -> list[int]:
    """The processes that a process and its children started and that still run.

    Empty where the system has no /proc.
    """
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for listed in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = [int(number) for number in listed.read_text().split()]
                found += children
                waiting += children
    return found


def mount_namespace(pid: int) -> int:
    """Open a process's mount namespace, which all that it starts shares.

    While the descriptor is open, no later namespace gets the number of this one.
    """
    return os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)


def kill_namespace(namespace: int) -> None:
    """Kill every process of a mount namespace, also one that left its session and its parent."""
    wanted = os.fstat(namespace)
    _kill_all(lambda pid: os.path.samestat(Path(f"/proc/{pid}/ns/mnt").stat(), wanted))


def kill_mounting(sources: Sequence[Path], target: str) -> None:
    """Kill every process that sees one of these folders at `target`.

    Unlike the number of a namespace, a folder's name is not used again.
    """
    ends = tuple(str(source) for source in sources)

    def sees(pid: int) -> bool:
        for line in Path(f"/proc/{pid}/mountinfo").read_text().splitlines():
            # The root within its file system, and where it is mounted.
            root, point = line.split()[3:5]
            if point == target and any(end.endswith(root) for end in ends) and root != "/":
                return True
        return False

    if ends:
        _kill_all(sees)


def _kill_all(wanted: Callable[[int], bool]) -> None:
    """Kill until none is left: what is found may have just started another."""
    while living := [pid for pid in _numbers() if _is_so(wanted, pid)]:
        for pid in living:
            send_signal(pid, signal.SIGKILL)
        time.sleep(0.001)


def _numbers() -> list[int]:
    proc = Path("/proc")
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()]


def _is_so(wanted: Callable[[int], bool], pid: int) -> bool:
    """False for a process that has ended and waits for its parent: it has no namespaces."""
    try:
        return wanted(pid)
    except OSError:
        return False
