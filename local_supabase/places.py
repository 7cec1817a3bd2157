"""Where things are: the host, the users, the folder that PostgreSQL can use."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

HOST = "127.0.0.1"
# As in a hosted project: the superuser, and the owner of what is in the database.
ADMIN, OWNER = "supabase_admin", "postgres"


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
    return base / f"mesh-supabase-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
