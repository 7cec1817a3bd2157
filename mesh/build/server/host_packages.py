"""The zip's packages for this machine: the build imports the server with them."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from mesh import uv
from mesh.build.bundle.dependencies import exclusive, locked
from mesh.build.failure import BuildError


def host_site(requirements: Path, cache: Path) -> Path:
    """The locked packages in a folder, installed there once.

    Args:
        requirements: The lock, with hashes.
        cache: Where such folders are kept.

    Raises:
        BuildError: they are not available for this machine.
    """
    digest = hashlib.sha256(sys.version.encode() + locked(requirements)).hexdigest()
    home = cache / f"host-{digest[:32]}"
    if home.is_dir():
        return home
    with (
        exclusive(cache, "host"),
        tempfile.TemporaryDirectory(dir=cache, prefix="making-") as scratch,
    ):
        # Another build may have made it while this one waited.
        if home.is_dir():
            return home
        site = Path(scratch) / "site"
        command = (
            *(uv.executable(), "pip", "install", "--require-hashes", "-r", str(requirements)),
            *("--target", str(site), "--python", sys.executable, "--only-binary", ":all:"),
        )
        done = subprocess.run(
            command,
            env=uv.variables() | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-4:])
            raise BuildError(f"The server's packages cannot be installed on this machine:\n{said}")
        site.rename(home)
    return home
