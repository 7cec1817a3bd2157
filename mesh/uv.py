"""uv, which locks and installs packages: where it is, and which variables it runs with.

Standard library only: `mesh.build.environment` runs it before any package is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.installation import BIN, CACHE, CHECKOUT, VENV

# A pipeline installs into the interpreter that it has.
PLACES = (BIN, Path(sys.executable).parent)


def executable() -> str:
    """Where uv is: in the checkout's environment, beside this interpreter, or on PATH.

    Raises:
        CommandFailedError: it is not installed.
    """
    found = shutil.which("uv", path=os.pathsep.join(map(str, PLACES))) or (
        None if CHECKOUT else shutil.which("uv")
    )
    if found is None:
        raise CommandFailedError(
            "uv is missing. In a checkout run `make setup`; else install Mesh again."
        )
    return found


def variables() -> dict[str, str]:
    """Variables for uv: a cache of Mesh's own, and pip's own index if one is set.

    uv does not read pip's configuration; a machine behind a company mirror has that mirror
    there, and expects it to be used.
    """
    found = dict(os.environ)
    found.setdefault("UV_CACHE_DIR", str(CACHE / "uv"))
    found.setdefault("UV_NO_PROGRESS", "1")
    # Containers often forbid Python to keep bytecode; then every start would compile all again.
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        found.setdefault("UV_COMPILE_BYTECODE", "1")
    # A checkout is installed into its own environment whatever else is active.
    found["VIRTUAL_ENV"] = str(VENV if VENV.is_dir() else sys.prefix)
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & found.keys():
        python = BIN / "python"
        answer = subprocess.run(
            (
                *(str(python) if python.exists() else sys.executable, "-m", "pip"),
                *("config", "get", "global.index-url"),
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        index = os.environ.get("PIP_INDEX_URL") or answer.stdout.strip()
        if index:
            found["UV_DEFAULT_INDEX"] = index
    return found
