"""The packages of AWS's managed Python runtime, apart from Mesh's own.

Local AWS gives an instance these and the zip, so that what the zip lacks is missing here, too.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from mesh import uv
from mesh.installation import CACHE, CHECKOUT, REQUIREMENTS, VENV
from mesh.local_aws import LocalAwsError

LOCK = REQUIREMENTS / "runtime.txt"


def folder() -> Path:
    """Where they are, or are installed by `install`."""
    if CHECKOUT:  # `make setup` installs them
        return VENV / "lambda-runtime"
    digest = hashlib.sha256(sys.version.encode() + LOCK.read_bytes()).hexdigest()
    return CACHE / f"lambda-runtime-{digest[:16]}"


def install() -> None:
    """Install them once, where Mesh was installed as a wheel.

    Raises:
        LocalAwsError: the package index cannot be reached, or uv is missing.
    """
    place = folder()
    if CHECKOUT or place.is_dir():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="runtime-") as scratch:
        made = Path(scratch) / "packages"
        done = subprocess.run(
            (
                *(uv.executable(), "pip", "install", "--require-hashes", "-r", str(LOCK)),
                *("--target", str(made), "--python", sys.executable),
            ),
            env=uv.variables(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = "\n".join(done.stderr.strip().splitlines()[-4:])
            raise LocalAwsError(f"the packages of Lambda's runtime cannot be installed:\n{said}")
        try:
            made.rename(place)
        except OSError:
            if not place.is_dir():  # else another command was faster
                raise
