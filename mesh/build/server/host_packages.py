"""What a server has on Lambda, for this machine: the build imports it with that alone."""

from __future__ import annotations

import hashlib
import importlib.metadata
import subprocess
import sys
import tempfile
from pathlib import Path

from mesh import uv
from mesh.build.bundle.dependencies import exclusive, locked, pins
from mesh.build.failure import BuildError
from mesh.installation import REQUIREMENTS

# What AWS's managed Python runtime has.
RUNTIME_LOCK = REQUIREMENTS / "runtime.txt"


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


def runtime_site(cache: Path) -> Path:
    """A folder with links to Mesh and to the packages of Lambda's runtime.

    The other packages of this Python are Mesh's own. A server that imports one of them without
    asking for it would start here, and not on Lambda.

    Args:
        cache: Where such folders are kept.
    """
    links = {"mesh": Path(__file__).resolve().parents[2]}
    for name in pins(RUNTIME_LOCK):
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            # Servers do not import AWS's own client of the Runtime API.
            continue
        first = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
        links |= {one: Path(str(found.locate_file(one))) for one in first}
    told = "\n".join(f"{name} {target}" for name, target in sorted(links.items()))
    home = cache / f"runtime-{hashlib.sha256(told.encode()).hexdigest()[:32]}"
    with exclusive(cache, "host"):
        if not home.is_dir():
            with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as scratch:
                made = Path(scratch) / "site"
                made.mkdir()
                for name, target in links.items():
                    (made / name).symlink_to(target)
                made.rename(home)
    return home
