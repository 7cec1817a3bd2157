"""The documents that are searched: public documentation out of pinned source archives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

LOCK = Path(__file__).with_name("corpus.txt")
CACHE = Path(__file__).resolve().parents[2] / ".mesh" / "cache" / "retrieval"
SUFFIXES = {".md", ".rst"}
# Where each archive keeps its documentation.
DOCUMENTATION = {"flask": "docs", "click": "docs", "pytest": "doc/en"}
# Lists of everything that ever changed or that others made answer no question, and name
# every subject there is.
LEFT_OUT = re.compile(
    r"(?:.*/)?(?:announce/.*|changelog|changes|plugin_list|license|index|contents)(?:\.\w+)?"
)


class CorpusNotFetchedError(Exception):
    """The archives are not available; the message says why."""


def _pinned() -> dict[str, str]:
    """Versions by name."""
    return dict(re.findall(r"^([\w-]+)==(\S+)", LOCK.read_text(), re.MULTILINE))


def _fetch(target: Path) -> None:
    """Download the archives through pip, which checks their hashes."""
    command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes")
    names = ",".join(_pinned())
    done = subprocess.run(
        (*command, "--no-binary", names, "--dest", str(target), "--requirement", str(LOCK)),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["pip gave no reason"]
        raise CorpusNotFetchedError(f"the documents cannot be fetched: {last[0]}")


def _unpack(archive: Path, name: str, target: Path) -> None:
    """Copy the documentation's pages out of an archive."""
    with tarfile.open(archive) as opened:
        for member in opened:
            # The first folder is the archive's own.
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            inside = path.is_relative_to(DOCUMENTATION[name]) and ".." not in path.parts
            if not member.isfile() or not inside:
                continue
            page = path.relative_to(DOCUMENTATION[name])
            if page.suffix not in SUFFIXES or LEFT_OUT.fullmatch(page.as_posix()):
                continue
            content = opened.extractfile(member)
            assert content is not None  # noqa: S101 - it is a file
            place = target / name / page
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())


def documents(cache: Path = CACHE) -> Path:
    """The folder of documents, fetched if it is not there yet.

    Raises:
        CorpusNotFetchedError: the registry cannot be reached, or gives other bytes.
    """
    pinned = _pinned()
    folder = cache / "-".join(f"{name}-{version}" for name, version in pinned.items())
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as scratch:
        archives, unfinished = Path(scratch) / "archives", Path(scratch) / "documents"
        _fetch(archives)
        for name, version in pinned.items():
            _unpack(archives / f"{name}-{version}.tar.gz", name, unfinished)
        shutil.move(unfinished, folder)
    return folder
