"""Files for their owner only: state, logs, keys, zips.

A folder that others cannot enter protects what is in it. The files have narrow modes as well, for
whoever moves or packs them.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OTHERS = 0o077


def keep_private() -> None:
    """Have this process and its children create files for their owner only.

    A program calls this first. Modes that are given to `chmod` are not changed by it.
    """
    os.umask(OTHERS)


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing; others cannot enter it any more."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def open_log(path: Path) -> IO[bytes]:
    """A log file to append to, for its owner only; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log = path.open("ab")
    os.fchmod(log.fileno(), 0o600)
    return log
