"""Packages that few people need: installed on demand, apart from the environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mesh import uv
from mesh.installation import CACHE

REQUIREMENTS = Path(__file__).resolve().parents[1] / "requirements"


class PackagesNotInstalledError(Exception):
    """They cannot be installed; the message says why."""


def install(name: str) -> None:
    """Install what `requirements/NAME.txt` pins, unless it is there, and make it importable.

    Raises:
        PackagesNotInstalledError: the registry cannot be reached, or gives other bytes.
    """
    lock = REQUIREMENTS / f"{name}.txt"
    folder = CACHE / "packages" / name
    stamp = folder / "made-from"
    if not stamp.is_file() or stamp.read_text() != lock.read_text():
        # Without dependencies: the lock names all that is imported.
        command = ("pip", "install", "--quiet", "--no-deps", "--require-hashes")
        done = subprocess.run(
            [
                *(uv.executable(), *command, "--target", str(folder)),
                *("--python", sys.executable, "-r", str(lock)),
            ],
            env=uv.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = " ".join(done.stderr.split())[-300:]
            raise PackagesNotInstalledError(f"{lock.name} could not be installed: {said}")
        stamp.write_text(lock.read_text())
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
