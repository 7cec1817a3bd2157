"""A lock that the author keeps with the server, instead of one that Mesh makes."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mesh.build.bundle.dependencies import MESH_INPUT, pins
from mesh.build.failure import BuildError


def kept(place: Path) -> Path:
    """The lock, if the zip can be built from it.

    Raises:
        BuildError: it is not there, cannot be read, or lacks a package that Mesh needs.
    """
    if not place.is_file():
        raise BuildError(f"lock is {place.name!r}, and {place} is not a file.")
    try:
        tuple(_requirements(place))
        found = pins(place)
    except (OSError, ValueError) as error:  # what is no text or no requirement is a ValueError
        raise BuildError(f"{place.name} is no lock: {error}") from error
    # uv says what these need in turn and the lock lacks.
    missing = [
        str(one)
        for one in _requirements(MESH_INPUT)
        if (version := found.get(canonicalize_name(one.name))) is None
        or not one.specifier.contains(version)
    ]
    if missing:
        raise BuildError(
            f"{place.name} lacks {', '.join(missing[:3])}, which Mesh needs in every zip.\n"
            "Leave the setting lock out once, and take the file that Mesh writes in .mesh/."
        )
    return place


def is_installed(place: Path) -> bool:
    """Whether the Python that builds has exactly the packages of a lock."""
    for wanted in _requirements(place):
        if wanted.marker is not None and not wanted.marker.evaluate():
            continue
        try:
            found = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            return False
        if found not in wanted.specifier:
            return False
    return True


def _requirements(place: Path) -> Iterator[Requirement]:
    text = place.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        bare = line.split(" --hash", 1)[0].strip()
        if bare and not bare.startswith(("#", "-")):
            yield Requirement(bare)
