"""Becomes one Lambda instance: sees a Lambda's file system, then executes the runtime.

Run as a script, isolated and without site-packages, by `sandbox.py`, which passes the
specification as its only argument. Standard library only.

With namespaces: /var/task, /var/runtime and /opt as on Lambda, an own /tmp, and every
other mount read-only. The process is no root in there, so it cannot undo this.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import struct
import sys
import time
from pathlib import Path
from typing import Any

CLONE = os.CLONE_NEWUSER | os.CLONE_NEWNS if hasattr(os, "CLONE_NEWUSER") else 0
MS_REC, MS_PRIVATE, MS_BIND = 0x4000, 0x40000, 0x1000
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
SYS_MOUNT_SETATTR = 442
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
FILE_DESCRIPTORS = 1024
# Processes and threads together.
PROCESSES = 1024
# The first Linux that counts the processes of a user namespace by themselves, and not with all
# others of the same user.
COUNTED_APART = (5, 14)
# Lambda's own user id.
SANDBOX_USER = 993
# Inside the sandbox; the host's is not touched.
TMP = "/tmp"  # noqa: S108 - see above


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(libc: ctypes.CDLL, source: str, target: str, kind: bytes | None, flags: int) -> None:
    options = b"mode=0755" if kind == b"tmpfs" else None
    result = libc.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), options)
    _check(result, f"mount {target}")


def _set_read_only(libc: ctypes.CDLL, path: str, *, read_only: bool, recursive: bool) -> None:
    attributes = _MountAttributes()
    if read_only:
        attributes.set = MOUNT_ATTR_RDONLY
    else:
        attributes.clear = MOUNT_ATTR_RDONLY
    result = libc.syscall(
        ctypes.c_long(SYS_MOUNT_SETATTR),
        ctypes.c_int(AT_FDCWD),
        path.encode(),
        ctypes.c_uint(AT_RECURSIVE if recursive else 0),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(result, f"mount_setattr {path}")


def _enter_namespaces(libc: ctypes.CDLL, binds: dict[str, str], keep: list[str]) -> None:
    """Arrange the file system.

    Args:
        libc: The C library, for what Python has no call for.
        binds: Target path to source path.
        keep: Folders of the host that have to stay visible though a tmpfs would hide them.
    """
    user, group = os.getuid(), os.getgid()
    os.unshare(CLONE)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{SANDBOX_USER} {user} 1"),
        ("gid_map", f"{SANDBOX_USER} {group} 1"),
    ):
        Path(f"/proc/self/{name}").write_text(text)
    _mount(libc, "none", "/", None, MS_REC | MS_PRIVATE)
    hidden = [folder for folder in ("/var", "/opt") if Path(folder).is_dir()]
    # Sources may lie where the next mounts hide them: hold them open.
    sources = {target: os.open(source, os.O_PATH) for target, source in binds.items()}
    for folder in keep:
        if folder.startswith(("/var/", "/opt/", f"{TMP}/")):
            sources[folder] = os.open(folder, os.O_PATH)
    for folder in hidden:
        _mount(libc, "tmpfs", folder, b"tmpfs", 0)
    # /tmp before anything that has to stay visible inside it.
    for target in sorted(sources, key=lambda path: (path != TMP, path)):
        Path(target).mkdir(parents=True, exist_ok=True)
        _mount(libc, f"/proc/self/fd/{sources[target]}", target, None, MS_BIND | MS_REC)
    _set_read_only(libc, "/", read_only=True, recursive=True)
    _set_read_only(libc, TMP, read_only=False, recursive=False)


def _limit_processes() -> None:
    """Limit what this user namespace may have. Root is exempt; a control group limits it.

    Not before the namespace is there: the limit would then count all that its user has outside.
    """
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    if release >= COUNTED_APART:
        _, most = resource.getrlimit(resource.RLIMIT_NPROC)
        limit = PROCESSES if most == resource.RLIM_INFINITY else min(PROCESSES, most)
        resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))


def _report_start(report: int) -> None:
    """Say that all is arranged: the time now, and the CPU time that arranging took."""
    os.write(report, b"T" + struct.pack("dd", time.monotonic(), time.process_time()))


def main() -> None:
    """Arrange what the specification says, report when it is done, and execute."""
    specification: dict[str, Any] = json.loads(sys.argv[1])
    report = specification["report_fd"]
    # Lambda's own; local AWS has a narrower one, and the instance's folder is closed to others.
    os.umask(0o022)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if specification["group"]:
            Path(specification["group"], "cgroup.procs").write_text(str(os.getpid()))
        if specification["namespaces"]:
            _enter_namespaces(libc, specification["binds"], specification["keep"])
            _limit_processes()
        if sys.platform == "linux":
            # After the namespaces: a change of credentials forgets it.
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            # Orphans of what it starts stay below it, and are frozen and counted with it.
            libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            if os.getppid() != specification["parent"]:
                os._exit(1)
        os.chdir(specification["folder"])
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILE_DESCRIPTORS, FILE_DESCRIPTORS))
        # What this process and its parents ignore is not ignored on Lambda.
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_DFL)
        if specification["command"]:
            os.set_inheritable(report, False)  # noqa: FBT003 - the library's signature
            _report_start(report)
            command = specification["command"]
            os.execve(command[0], command, specification["environment"])  # noqa: S606 - that is what it is for
        _report_start(report)
    except OSError as error:
        os.write(report, b"E" + str(error).encode())
        os._exit(1)


if __name__ == "__main__":
    main()
