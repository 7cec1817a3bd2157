"""Reads which packages a server's author asks for, wherever they are written.

- requirements.txt: https://pip.pypa.io/en/stable/reference/requirements-file-format/
- pyproject.toml: https://packaging.python.org/en/latest/specifications/pyproject-toml/
- PEP 723: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
- fastmcp.json: https://gofastmcp.com/deployment/server-configuration
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from mesh.build.failure import BuildError

KINDS = (
    "a requirements file (.txt or .in), pyproject.toml, a .py file with PEP 723 metadata, "
    "or fastmcp.json"
)
# The regular expression that PEP 723 gives.
SCRIPT = re.compile(
    r"^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$", re.MULTILINE
)
CONSTRAINT = re.compile(r"(?:-c|--constraint)[ =]\s*(\S+)")
INCLUDE = re.compile(r"(?:-r|--requirement)[ =]\s*(\S+)")
# An index is a matter of the machine that builds; a lock names none.
INDEX = re.compile(r"(?:-i|--index-url|--extra-index-url)(?:[ =]|$)")


@dataclass(frozen=True)
class Declared:
    """The packages that an author asks for.

    Attributes:
        source: Where they are written, for messages, such as `requirements.txt`.
        requirements: The requirements, in the form of PEP 508; options and paths are not here.
        file: The requirements file, which may have options and paths; None for other sources.
        inputs: That file, and the files of requirements and constraints that it names.
    """

    source: str = "no file"
    requirements: tuple[str, ...] = ()
    file: Path | None = None
    inputs: tuple[Path, ...] = ()

    def names(self) -> frozenset[str]:
        """The names of the packages, normalised."""
        return frozenset(canonicalize_name(one.name) for one in self.parsed())

    def parsed(self) -> Iterator[Requirement]:
        """The requirements that can be read; uv says what is wrong with the others."""
        for line in self.requirements:
            try:
                yield Requirement(line)
            except InvalidRequirement:
                continue


def declared(root: Path, server: Path, named: str | None = None) -> Declared:
    """The packages that a server asks for.

    Without a name: the first of requirements.txt, pyproject.toml, the server's PEP 723 metadata
    and fastmcp.json that names packages. None of them is a server without packages of its own.

    Args:
        root: The server's folder.
        server: The file with the server.
        named: The setting `requirements`: a file, relative to the folder.

    Raises:
        BuildError: the file is not there, cannot be read, or is of no such kind.
    """
    if named is not None:
        if not (root / named).is_file():
            raise BuildError(f"requirements is {named!r}, and {root / named} is not a file.")
        found = read(root / named)
        if found is None:
            raise BuildError(f"requirements is {named!r}, and no packages are declared there.")
        return found
    for place in (
        root / "requirements.txt",
        root / "pyproject.toml",
        server,
        root / "fastmcp.json",
    ):
        found = read(place) if place.is_file() else None
        if found is not None:
            return found
    return Declared()


def read(place: Path) -> Declared | None:
    """The packages that one file declares; None when it says nothing of packages.

    Raises:
        BuildError: the file cannot be read, or is of no kind that declares packages.
    """
    readers = {
        ".txt": _listed,
        ".in": _listed,
        ".toml": _project,
        ".py": _script,
        ".json": _fastmcp,
    }
    reader = readers.get(place.suffix)
    if reader is None:
        raise BuildError(f"{place.name} cannot declare packages; name {KINDS}.")
    try:
        return reader(place)
    except (OSError, ValueError) as error:
        raise BuildError(f"{place} cannot be read: {error}") from error


def _listed(place: Path) -> Declared:
    inputs: dict[Path, None] = {}
    lines = tuple(_lines(place.resolve(), inputs))
    return Declared(place.name, lines, place, tuple(inputs))


def _lines(place: Path, inputs: dict[Path, None]) -> Iterator[str]:
    """The lines of a requirements file that may be requirements, and of those it includes.

    Args:
        place: The file.
        inputs: The files that have been read; these are added.
    """
    if place in inputs or not place.is_file():
        # uv says it of one that is not there.
        return
    inputs[place] = None
    text = place.read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        bare = re.sub(r"(?:^|\s)#.*", "", line).strip()
        if INDEX.match(bare):
            raise BuildError(
                f"{place.name} names a package index ({bare.split()[0].partition('=')[0]}).\n"
                "Remove the line, and set UV_INDEX to the index where you build."
            )
        if include := INCLUDE.match(bare):
            yield from _lines((place.parent / include[1]).resolve(), inputs)
        elif constraint := CONSTRAINT.match(bare):
            # Read for what it is made of; constraints ask for nothing.
            tuple(_lines((place.parent / constraint[1]).resolve(), inputs))
        elif bare and not bare.startswith("-"):
            yield re.sub(r"\s--hash.*", "", bare)


def _project(place: Path) -> Declared | None:
    project = tomllib.loads(place.read_text(encoding="utf-8")).get("project", {})
    if "dependencies" in project.get("dynamic", ()):
        raise BuildError(
            f"{place.name} leaves its dependencies to the build backend (`dynamic`).\n"
            'List them in a requirements file, and name it: requirements = "requirements.txt".'
        )
    _check_python(place, project.get("requires-python"))
    return _given(f"{place.name} [project]", project.get("dependencies"))


def _script(place: Path) -> Declared | None:
    blocks = [
        found["content"]
        for found in SCRIPT.finditer(place.read_text(encoding="utf-8"))
        if found["type"] == "script"
    ]
    if not blocks:
        return None
    if len(blocks) > 1:
        raise BuildError(f"{place.name} has {len(blocks)} blocks `# /// script`; keep one.")
    lines = (line[2:] if line.startswith("# ") else line[1:] for line in blocks[0].splitlines())
    content = tomllib.loads("\n".join(lines))
    _check_python(place, content.get("requires-python"))
    return _given(f"{place.name} (PEP 723)", content.get("dependencies"))


def _fastmcp(place: Path) -> Declared | None:
    content = json.loads(place.read_text(encoding="utf-8"))
    environment = content.get("environment") if isinstance(content, dict) else None
    if not isinstance(environment, dict):
        return None
    for key in ("editable", "project"):
        if environment.get(key):
            raise BuildError(
                f"{place.name}: environment.{key} cannot go into a zip.\n"
                "List the packages in environment.dependencies, or name a requirements file in "
                "environment.requirements."
            )
    if environment.get("requirements"):
        return _listed(place.parent / str(environment["requirements"]))
    return _given(f"{place.name} (environment)", environment.get("dependencies"))


def _check_python(place: Path, wanted: Any) -> None:
    if not isinstance(wanted, str):
        return
    allowed = SpecifierSet(wanted)
    # The first and any later release of 3.13.
    if not any(allowed.contains(version) for version in ("3.13", "3.13.99")):
        raise BuildError(
            f"{place.name}: requires-python is {wanted!r}, and Mesh runs Python 3.13.\n"
            "Allow 3.13 there, and check that your server runs with it."
        )


def _given(source: str, value: Any) -> Declared | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BuildError(f"{source}: dependencies is not a list of requirements.")
    return Declared(source, tuple(value))
