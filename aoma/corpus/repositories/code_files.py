"""Code files of a repository, cut into parts of a screen or so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from aoma.corpus.report import Ledger
from aoma.corpus.repositories.languages import language_of
from aoma.corpus.repositories.repository import FOREIGN, Repository
from aoma.corpus.text_files import read_text

LIMIT_BYTES = 256 * 1024
PART_LINES = 60
PART_CHARACTERS = 3_000
# After this many lines a part ends where the next definition starts.
_ENOUGH_LINES = 25
_LONGEST_LINE = 5_000

LOCK = "generated lock file"
MINIFIED = "minified, or data in one line"
_LOCK_NAMES = (
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pipfile.lock",
    "cargo.lock",
    "gemfile.lock",
    "composer.lock",
    "go.sum",
    "flake.lock",
    "mix.lock",
    "podfile.lock",
    "gradle.lockfile",
    "packages.lock.json",
    ".terraform.lock.hcl",
)
_MINIFIED_NAMES = ("*.min.js", "*.min.css", "*.map", "*.svg")
_PIP_LOCK = re.compile(r"--hash=sha256:[0-9a-f]{64}")

_SYMBOL = re.compile(
    r"""^[ \t]*(?:(?:export|default|public|private|protected|internal|static|async|abstract|
    final|pub(?:\([a-z]+\))?|unsafe|declare|open|override|sealed|data)[ \t]+)*
    (?:def|class|function\*?|func(?:[ \t]*\([^)]*\))?|fn|struct|interface|type|enum|trait|impl|
    module|namespace|record|object|protocol|resource|variable|output|provider|locals|
    const|let|var|val|CREATE[ \t]+(?:TABLE|FUNCTION|VIEW|INDEX))
    [ \t]+["']?(?P<name>[A-Za-z_$][\w$.-]*)(?:["'][ \t]+["'](?P<second>[\w-]+))?""",
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """Lines `start` to `end` of a file, counted from 1, and the names defined in them."""

    start: int
    end: int
    text: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeText:
    """A code file as read."""

    path: str
    language: str | None
    extension: str
    size_bytes: int
    lines: int
    link: str | None
    parts: tuple[Part, ...]


def symbols_of(text: str) -> tuple[str, ...]:
    """Names that `text` defines, by the keywords of the usual languages."""
    found: dict[str, None] = {}
    for match in _SYMBOL.finditer(text):
        found[match["name"]] = None
        if match["second"]:
            found[match["second"]] = None
    return tuple(found)


def _ends_here(lines: list[str], at: int, start: int, size: int) -> bool:
    """Whether a part that began at `start` ends before line `at`."""
    if at - start >= PART_LINES or size + len(lines[at]) > PART_CHARACTERS:
        return True
    starts_anew = lines[at][:1].strip() and lines[at][0] not in ")}]>"
    return bool(at - start >= _ENOUGH_LINES and starts_anew and not lines[at - 1].strip())


def parts_of(text: str) -> tuple[Part, ...]:
    """`text` in parts of at most 60 lines, ended where a definition starts if possible."""
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    parts: list[Part] = []
    start = size = 0
    for at in range(len(lines) + 1):
        if at < len(lines) and not (at > start and _ends_here(lines, at, start, size)):
            size += len(lines[at]) + 1
            continue
        body = "\n".join(lines[start:at])
        if body.strip():
            parts.append(Part(start + 1, at, body, symbols_of(body)))
        if at < len(lines):
            start, size = at, len(lines[at]) + 1
    return tuple(parts)


def _generated(name: str, text: str) -> str | None:
    """Why a file is nobody's writing, or None."""
    if len(_PIP_LOCK.findall(text)) > 1:
        return LOCK
    if any(fnmatch(name, pattern) for pattern in _MINIFIED_NAMES):
        return MINIFIED
    return MINIFIED if max(map(len, text.split("\n"))) > _LONGEST_LINE else None


def read_code_files(
    repository: Repository, documents: frozenset[Path], ledger: Ledger
) -> Iterator[CodeText]:
    """A repository's code files by path.

    Args:
        repository: where they lie.
        documents: files that are in the index as documents already.
        ledger: takes what is left out.
    """
    for path in repository.files:
        place = repository.root / path
        name = PurePosixPath(path).name.lower()
        if place in documents or not (place.is_file() or place.is_symlink()):
            continue  # a document, a submodule, or deleted and not yet committed so
        if path in repository.foreign:
            ledger.skip(FOREIGN, [path])
            continue
        if name in _LOCK_NAMES:
            ledger.skip(LOCK, [path])
            continue
        text = read_text(place, path, LIMIT_BYTES, ledger)
        if text is None:
            continue
        generated = _generated(name, text)
        if generated:
            ledger.skip(generated, [path])
            continue
        linked = repository.web and repository.head and path in repository.committed
        yield CodeText(
            path=path,
            language=language_of(path, text),
            extension=PurePosixPath(path).suffix.lower().removeprefix("."),
            size_bytes=place.stat().st_size,
            lines=text.count("\n") + (not text.endswith("\n")),
            link=repository.web.file(repository.head, path)
            if linked and repository.web and repository.head
            else None,
            parts=parts_of(text),
        )
