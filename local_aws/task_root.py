"""Unpacked zips: one read-only folder for each SHA-256."""

from __future__ import annotations

import calendar
import hashlib
import io
import os
import threading
import zipfile
from pathlib import Path

from local_aws.leftovers import remove_tree

_unpacking = threading.Lock()


def unpack(code: bytes, folder: Path) -> Path:
    """The unpacked zip below `folder`, made when it is not there yet.

    Modification times are the zip's, as on Lambda: byte-code that is checked by time stays
    valid. Write permission is taken away: that is all the protection there is where no
    mount namespace works.

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
                    path.chmod(mode & ~0o222 | 0o444)
                    changed = calendar.timegm((*entry.date_time, 0, 0, 0))
                    os.utime(path, (changed, changed))
        for path in [draft, *draft.rglob("*")]:
            if path.is_dir():
                path.chmod(0o555)
        draft.rename(target)
        return target


def remove_unused(folder: Path, used: set[str]) -> None:
    """Remove unpacked zips whose SHA-256 (hex) is not in `used`, half-unpacked ones too."""
    for path in folder.glob("*"):
        if path.name not in used:
            with _unpacking:
                remove_tree(path)
