"""Where things are: the host, the users, the folder that PostgreSQL can use."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from mesh.local_aws.process_identity import identity

HOST = "127.0.0.1"
# As in a hosted project: the superuser, and the owner of what is in the database.
ADMIN, OWNER = "supabase_admin", "postgres"
PREFIX = "mesh-supabase-"
# Says in such a folder whose it is.
ORIGIN = "origin"


def place_for(folder: Path) -> Path:
    """Where the server's files go: in `folder`, if the user it runs as can reach that.

    PostgreSQL refuses to run as root, and the user nobody sees no home of root's.
    """
    folder = folder.absolute()
    if os.geteuid() != 0 or all(
        parent.stat().st_mode & stat.S_IXOTH for parent in folder.parents if parent.exists()
    ):
        return folder
    lasting = Path("/var/tmp")  # noqa: S108 - an owner other than root is refused
    base = lasting if lasting.is_dir() else Path(tempfile.gettempdir())
    return base / f"{PREFIX}{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"


def sweep(base: Path) -> None:
    """Remove what killed runs have left in `base`: their own folder is gone, and nothing runs."""
    for origin in base.glob(f"{PREFIX}*/{ORIGIN}"):
        place = origin.parent
        with contextlib.suppress(OSError, ValueError):
            if place.stat().st_uid != os.geteuid() or Path(origin.read_text()).parent.exists():
                continue
            running = place / "data" / "postmaster.pid"
            if running.exists() and identity(int(running.read_text().split("\n")[0])):
                continue
            shutil.rmtree(place, ignore_errors=True)
