"""Unpacked zips: one read-only folder for each SHA-256."""

from __future__ import annotations

import calendar
import hashlib
import io
import os
import threading
import time
import zipfile
from pathlib import Path

from mesh.local_aws.instances.leftovers import remove_tree

DIGEST_LENGTH = 64
UNUSED = ".unused"

_unpacking = threading.Lock()


def unpack(code: bytes, folder: Path) -> Path:
    """The unpacked zip below `folder`, made when it is not there yet.

    Modification times are the zip's, as on Lambda: byte-code that is checked by time stays
    valid. Write permission is taken away: that is all the protection there is where no
    mount namespace works. A function runs as the user that starts local AWS, and no other user
    may read it.

    Raises:
        zipfile.BadZipFile: it is no zip.
    """
    target = folder / hashlib.sha256(code).hexdigest()
    with _unpacking:
        if target.exists():
            return target
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{target.name}.{os.getpid()}.draft"
        remove_tree(draft)
        draft.mkdir()
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            for entry in archive.infolist():
                path = Path(archive.extract(entry, draft))
                if not entry.is_dir():
                    mode = (entry.external_attr >> 16) & 0o777 or 0o644
                    path.chmod(mode & 0o500 | 0o400)
                    changed = calendar.timegm((*entry.date_time, 0, 0, 0))
                    os.utime(path, (changed, changed))
        for path in [draft, *draft.rglob("*")]:
            if path.is_dir():
                path.chmod(0o500)
        draft.rename(target)
        return target


def unpacked(folder: Path) -> list[str]:
    """SHA-256 (hex) of every zip that is unpacked."""
    names = (path.name for path in folder.glob("*"))
    return [name for name in names if len(name) == DIGEST_LENGTH]


def set_aside(folder: Path, digest: str) -> Path:
    """Take an unpacked zip out of use, at once; `remove_unused` removes its files later.

    Whoever wants it from now on unpacks it again.
    """
    unused = folder / digest
    return unused.rename(unused.with_name(f"{digest}.{time.monotonic_ns()}{UNUSED}"))


def remove_unused(folders: list[Path]) -> None:
    """Remove what was set aside. This takes long: there are thousands of files."""
    for folder in folders:
        remove_tree(folder)


def remove_half_unpacked(folder: Path) -> None:
    """Remove all but whole unpacked zips: what a killed local AWS was unpacking or removing."""
    for path in folder.glob("*"):
        if len(path.name) != DIGEST_LENGTH:
            remove_tree(path)
