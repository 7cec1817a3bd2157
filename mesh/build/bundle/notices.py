"""Notices of the packages in a zip: which there are, under which licence, and where its text is.

Wheels carry their licence in their metadata, and the build keeps those files. What is written here
is the list of them: https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
"""

from __future__ import annotations

import importlib.metadata
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import cast

from mesh.build.bundle import exclusions
from mesh.build.bundle.archive import Entry
from mesh.build.bundle.dependencies import pins
from mesh.build.failure import BuildError
from mesh.installation import LICENSE

# In the folder of Mesh: the zip's root belongs to the server.
IN_ZIP = "mesh/THIRD_PARTY_NOTICES.md"
LICENSE_IN_ZIP = "mesh/LICENSE"
METADATA = re.compile(r"[^/]+\.dist-info/METADATA")
TEXT = re.compile(r"(?i)(licen[cs]e|copying|notice|authors)")
CLASSIFIER = "License :: "
# Older packages put the whole licence into this field.
LONGEST_NAME = 80
UNDECLARED = "not declared"
BEGINNING = """\
# Third-party notices

{subject} contains the Python packages below. Each is under its own licence. Where the authors of
a package ship the text, it is in the zip, in the package's `.dist-info` folder.

| Package | Version | Licence | Licence files |
|---|---|---|---|
"""


@dataclass(frozen=True)
class Notice:
    """One package.

    Attributes:
        name: As its authors write it.
        version: As locked.
        licence: An SPDX expression, or what the authors wrote before there were expressions.
        files: Paths of its licence files in the zip.
    """

    name: str
    version: str
    licence: str
    files: tuple[str, ...]


def licence(metadata: Message) -> str:
    """The licence that a package's metadata declares."""
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classified = [
        str(value).rpartition(" :: ")[2]
        for value in metadata.get_all("Classifier", [])
        if str(value).startswith(CLASSIFIER)
    ]
    # Some have "OSI Approved" and nothing else.
    classified = [name for name in classified if name != "OSI Approved"]
    named = str(metadata.get("License") or "").strip()
    if named and "\n" not in named and len(named) <= LONGEST_NAME:
        return named
    return " and ".join(classified) or UNDECLARED


def of_zip(zipped: Path) -> Iterator[Notice]:
    """The packages in a zip of dependencies."""
    with zipfile.ZipFile(zipped) as opened:
        names = opened.namelist()
        for name in sorted(filter(METADATA.fullmatch, names), key=str.lower):
            if name.removesuffix("METADATA") + exclusions.INSTALLER in names:
                # The author's own project.
                continue
            found = BytesParser().parsebytes(opened.read(name), headersonly=True)
            yield _notice(found, (one for one in names if one.startswith(f"{name[:-8]}")))


def of_lock(lock: Path) -> Iterator[Notice]:
    """The packages of a lock that zips contain, as they are installed in this environment.

    Packages that are not installed are for other systems.
    """
    for name in sorted(pins(lock)):
        if name in exclusions.DISTRIBUTIONS:
            continue
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        yield _notice(cast("Message", found.metadata), map(str, found.files or ()))


def page(subject: str, notices: Sequence[Notice]) -> str:
    """The list, in Markdown.

    Args:
        subject: What contains the packages, such as `This zip`.
        notices: The packages.
    """
    rows = (
        f"| {one.name} | {one.version} | {one.licence} | "
        f"{', '.join(f'`{file}`' for file in one.files) or 'none in the package'} |\n"
        for one in notices
    )
    return BEGINNING.format(subject=subject) + "".join(rows)


@lru_cache(maxsize=1)
def entries(layer: Path) -> tuple[Entry, ...]:
    """Mesh's licence and the notices, as they lie in the zip.

    Args:
        layer: The zip of the dependencies; its name says what is in it, so it is read once.

    Raises:
        BuildError: Mesh's licence is missing where Mesh is installed.
    """
    try:
        own = LICENSE.read_bytes()
    except OSError as error:
        raise BuildError(
            f"{LICENSE} cannot be read: {error.strerror}. Install Mesh again."
        ) from error
    listed = page("This zip", list(of_zip(layer)))
    return Entry(LICENSE_IN_ZIP, own), Entry(IN_ZIP, listed.encode())


def _notice(metadata: Message, files: Iterable[str]) -> Notice:
    texts = sorted(
        file for file in files if ".dist-info/" in file and TEXT.search(PurePosixPath(file).name)
    )
    return Notice(str(metadata["Name"]), str(metadata["Version"]), licence(metadata), tuple(texts))
