"""The documents that are searched: public documentation out of pinned archives."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from benchmarks.retrieval.npm_archives import (
    ARCHIVES,
    ELECTRON,
    NODE_RED,
    ArchiveNotFetchedError,
    unpack,
)

LOCK = Path(__file__).with_name("corpus.txt")
CACHE = Path(__file__).resolve().parents[2] / ".mesh" / "cache" / "retrieval"
SUFFIXES = {".md", ".rst"}
# Where each archive keeps its documentation.
DOCUMENTATION = {
    "flask": "docs",
    "click": "docs",
    "pytest": "doc/en",
    "celery": "docs",
    "scrapy": "docs",
}
# The corpus of each source archive; what is not here is a corpus of its own.
TOGETHER = {"flask": "python", "click": "python", "pytest": "python"}
# The ranking was chosen on these and on the questions about them, and on none of the others.
TUNED = frozenset({"python", "celery", "electron-ja", "nodered-de"})
# From npm: the package, and its name of the language, by corpus.
NPM = {
    "electron-ja": (ELECTRON, "ja-JP"),
    "electron-ru": (ELECTRON, "ru-RU"),
    "nodered-de": (NODE_RED, "de"),
    "nodered-en": (NODE_RED, "en-US"),
    "nodered-zh": (NODE_RED, "zh-CN"),
}
# By the language of a corpus's questions: the stemmers that other searches are given.
STEMMERS = {"nodered-de": "german", "electron-ru": "russian"}
# Left out of the corpus `python` alone: lists of what changed, or of what others made. The
# other corpora keep theirs, as a company's documents do.
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
    together = name in TOGETHER
    with tarfile.open(archive) as opened:
        for member in opened:
            # The first folder is the archive's own.
            path = PurePosixPath(*PurePosixPath(member.name).parts[1:])
            inside = path.is_relative_to(DOCUMENTATION[name]) and ".." not in path.parts
            if not member.isfile() or not inside:
                continue
            page = path.relative_to(DOCUMENTATION[name])
            if page.suffix not in SUFFIXES or (together and LEFT_OUT.fullmatch(page.as_posix())):
                continue
            content = opened.extractfile(member)
            assert content is not None  # noqa: S101 - it is a file
            place = target / (f"python/{name}" if together else name) / page
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read())


def documents(cache: Path = CACHE) -> dict[str, Path]:
    """The folder of documents of each corpus, fetched if it is not there yet.

    Raises:
        CorpusNotFetchedError: the registries cannot be reached, or give other bytes.
    """
    pinned = _pinned()
    versions = "\n".join(
        [*(f"{name}=={version}" for name, version in pinned.items()), *ARCHIVES, *NPM]
    )
    folder = cache / hashlib.sha256(versions.encode()).hexdigest()[:16]
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetching-") as scratch:
            archives, unfinished = Path(scratch) / "archives", Path(scratch) / "documents"
            _fetch(archives)
            for name, version in pinned.items():
                _unpack(archives / f"{name}-{version}.tar.gz", name, unfinished)
            try:
                for package in ARCHIVES:
                    chosen = {
                        unfinished / corpus: language
                        for corpus, (archive, language) in NPM.items()
                        if archive == package
                    }
                    unpack(package, chosen)
            except ArchiveNotFetchedError as error:
                raise CorpusNotFetchedError(f"the documents cannot be fetched: {error}") from error
            shutil.move(unfinished, folder)
    return {place.name: place for place in sorted(folder.iterdir())}
