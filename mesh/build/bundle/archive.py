"""Zip files whose bytes depend on names and contents alone.

The bytes also depend on libdeflate, whose version requirements/dev.txt locks; what is
inside has a digest of its own, `content_sha256`, that needs no compressor.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import stat
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mesh.build.failure import BuildError

# The first date that a zip can hold.
DATE = (1980, 1, 1, 0, 0, 0)
UNIX = 3
# Of libdeflate's 12: 4 % smaller than zlib's 6 in twice its time, 3 % than zlib's 9 in half of
# it. 12 takes twice as long for 0.1 %.
LEVEL = 10
SMALL_BYTES = 64 * 1024


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


class _Deflated:
    """What zipfile asks for compressed bytes: gives those that are made already."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def compress(self, _data: bytes) -> bytes:
        return self._data

    def flush(self) -> bytes:
        return b""


def compressor() -> str:
    """The version of libdeflate's package, on which the bytes depend.

    Raises:
        BuildError: it is not installed.
    """
    try:
        return importlib.metadata.version("deflate")
    except importlib.metadata.PackageNotFoundError:
        raise BuildError("deflate is missing in .venv; run `make setup`.") from None


def _deflated(entry: Entry) -> bytes:
    return _small(entry.data) if len(entry.data) <= SMALL_BYTES else _compressed(entry.data)


def _compressed(data: bytes) -> bytes:
    import deflate  # noqa: PLC0415 - `build.py --help` needs no environment

    return bytes(deflate.deflate_compress(data, LEVEL))


# `mesh dev` packs the same runtime again after each save: half of the time of its builds.
_small = lru_cache(maxsize=512)(_compressed)


def append(archive: Path, entries: Iterable[Entry]) -> dict[str, Written]:
    """Add entries, sorted by name, to the zip at `archive`, which is made if it is missing.

    Args:
        archive: The zip.
        entries: New files; none may be in it already.
    """
    written = {}
    ordered = sorted(entries, key=lambda one: one.name)
    # libdeflate lets go of the interpreter: threads do.
    with ThreadPoolExecutor(os.cpu_count()) as pool, zipfile.ZipFile(archive, "a") as opened:
        for entry, data in zip(ordered, pool.map(_deflated, ordered), strict=True):
            if entry.name in opened.NameToInfo:
                raise FileExistsError(entry.name)
            info = zipfile.ZipInfo(entry.name, DATE)
            # Python would write down the system that it runs on.
            info.create_system = UNIX
            mode = stat.S_IFREG | (0o755 if entry.executable else 0o644)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            info.file_size = len(entry.data)
            with opened.open(info, "w") as stream:
                # zipfile takes no other compressor; a test sees that it took this one.
                writing: Any = stream
                writing._compressor = _Deflated(data)  # noqa: SLF001 - see above
                stream.write(entry.data)
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
