"""Zip files whose bytes depend on names and contents alone.

The bytes also depend on zlib, of which systems carry different versions; what is
inside has a digest of its own, `content_sha256`, that is the same everywhere.
"""

from __future__ import annotations

import hashlib
import stat
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

# The first date that a zip can hold.
DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3
# Level 9 takes three times as long for 0.7 % of the size.
LEVEL = 6


@dataclass(frozen=True)
class Entry:
    """One file in the zip.

    Attributes:
        name: Path below the task root, with `/`.
        data: Its content.
        executable: Whether its mode is 0755; else it is 0644. Lambda's own user must be able
            to read every file: https://docs.aws.amazon.com/lambda/latest/dg/python-package.html
    """

    name: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True)
class Written:
    """What was written of one entry.

    Attributes:
        sha256: Hexadecimal digest of its content.
        size: Bytes, as they lie on Lambda's disk.
        zipped: Bytes that it takes in the zip, without its name.
    """

    sha256: str
    size: int
    zipped: int


def append(archive: Path, entries: Iterable[Entry]) -> dict[str, Written]:
    """Add entries, sorted by name, to the zip at `archive`, which is made if it is missing.

    Args:
        archive: The zip.
        entries: New files; none may be in it already.
    """
    written = {}
    with zipfile.ZipFile(archive, "a") as opened:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.name in opened.NameToInfo:
                raise FileExistsError(entry.name)
            info = zipfile.ZipInfo(entry.name, DATE)
            # Python would write down the system that it runs on.
            info.create_system = UNIX
            mode = stat.S_IFREG | (0o755 if entry.executable else 0o644)
            info.external_attr = mode << 16
            opened.writestr(info, entry.data, zipfile.ZIP_DEFLATED, LEVEL)
            written[entry.name] = Written(
                hashlib.sha256(entry.data).hexdigest(), len(entry.data), info.compress_size
            )
    return written


def content_sha256(digests: Mapping[str, str]) -> str:
    """One digest over names and contents, from each entry's own.

    The same as `sha256sum` over the lines `sha256sum` prints for the unpacked files, in
    the order of their names' bytes.
    """
    lines = (f"{digests[name]}  {name}\n" for name in sorted(digests))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
