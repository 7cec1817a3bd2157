"""Programs whose pins clash with the project's, each set in an environment of its own.

They come from `requirements/NAME.txt`, with hashes, and lie below `.mesh/cache/NAME`.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mesh import uv
from mesh.build.environment import ROOT
from mesh.installation import BIN, CACHE


@dataclass(frozen=True)
class Separate:
    """One of them."""

    name: str

    @property
    def folder(self) -> Path:
        """Where it is."""
        return CACHE / self.name

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    def install(self) -> None:
        """Make it, unless it is there."""
        locked = ROOT / "requirements" / f"{self.name}.txt"
        wanted = hashlib.sha256(locked.read_bytes()).hexdigest()
        stamp = self.folder / "made-from"
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / f"{self.name}.lock").open("w") as lock:
            # Workers of one test run, and runs side by side, make it once.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if stamp.is_file() and stamp.read_text() == wanted:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            for command in (
                ["venv", "--python", str(BIN / "python"), str(self.folder)],
                ["pip", "sync", "--require-hashes", "--python", self.python, str(locked)],
            ):
                subprocess.run(
                    [uv.executable(), "--quiet", *command], env=uv.variables(), cwd=ROOT, check=True
                )
            stamp.write_text(wanted)


# Clients of AWS's own, and those of the generation before.
CLIENTS = Separate("clients")
# Looks for what is unsafe in Terraform.
CHECKOV = Separate("checkov")
