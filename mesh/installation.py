"""Where Mesh itself is: a checkout of its repository, or an installed wheel.

Standard library only: `build.py` reads this before any package is installed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# The checkout that this package lies in; None where a wheel was installed.
CHECKOUT = PACKAGE.parent if (PACKAGE.parent / "build.py").is_file() else None
# What a wheel carries beside its modules lies in the package itself.
_FILES = CHECKOUT or PACKAGE / "files"
TERRAFORM = _FILES / "terraform"
REQUIREMENTS = _FILES / "requirements"
LICENSE = _FILES / "LICENSE"
# A checkout's environment; what runs now where Mesh was installed by somebody else.
VENV = CHECKOUT / ".venv" if CHECKOUT else Path(sys.prefix)
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")


def _cache() -> Path:
    """Where downloads and half-made zips are kept; never among the installed files."""
    if CHECKOUT:
        return CHECKOUT / ".mesh" / "cache"
    # https://specifications.freedesktop.org/basedir/latest/
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mesh"


CACHE = _cache()
