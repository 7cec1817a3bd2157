"""Removes what earlier builds left: old layers, and scratch folders of killed builds."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path


def discard(folders: Iterable[Path], *, unused_seconds: float) -> None:
    """Remove those folders that nothing has touched for so long."""
    for folder in folders:
        try:
            unused = time.time() - folder.stat().st_mtime > unused_seconds
        except FileNotFoundError:
            # Another build removed it just now.
            continue
        if unused:
            shutil.rmtree(folder, ignore_errors=True)
