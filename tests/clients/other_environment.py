"""Clients whose pins clash with the project's, in an environment of their own.

AWS's own, and those of the generation before. They come from requirements/clients.txt, with
hashes, and lie below `.mesh/cache/clients`.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess

from ops.environment import BIN, CACHE, ROOT, uv_variables

FOLDER = CACHE / "clients"
LOCK = ROOT / "requirements" / "clients.txt"
PYTHON = str(FOLDER / "bin" / "python")


def install() -> None:
    """Make it, unless it is there."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    stamp = FOLDER / "made-from"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "clients.lock").open("w") as lock:
        # Workers of one test run, and runs side by side, make it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if stamp.is_file() and stamp.read_text() == wanted:
            return
        shutil.rmtree(FOLDER, ignore_errors=True)
        for command in (
            ["venv", "--python", str(BIN / "python"), str(FOLDER)],
            ["pip", "sync", "--require-hashes", "--python", str(FOLDER / "bin/python"), str(LOCK)],
        ):
            subprocess.run(
                [str(BIN / "uv"), "--quiet", *command], env=uv_variables(), cwd=ROOT, check=True
            )
        stamp.write_text(wanted)
