"""A server as its author has it: a folder, and which of its files go into the zip."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mesh.build.bundle.application import files_below
from mesh.build.bundle.exclusions import INSTALLER
from mesh.build.failure import BuildError
from mesh.build.hook import Hook


@dataclass(frozen=True)
class Project:
    """A server and what belongs to it.

    Attributes:
        root: The folder whose files lie at the root of the zip.
        name: Part of the name of everything that is deployed, such as `weather`.
        version: The server's own version.
        server: Where the FastMCP server is, such as `server:mcp`: a module, and the name of a
            FastMCP object or of a function without parameters that returns one.
        requirements: The locked packages of the zip, with hashes.
        include: Files and folders of the root that go into the zip; all of them when empty,
            without hidden ones, tests, and what tools write.
        tools: A package whose modules hold tools; each of them can be imported before the server's
            own module. Empty where that module holds the tools.
        catalogues: A module with a class `Catalogues`, where one frozen list is not enough; see
            `mesh.build.fast_path.answers`.
        example: A tool and its arguments, which the server's page shows; None where there is none.
        hook: Adds files to the zip.
        declared: Names of the packages that the author asks for, normalised. The build makes only
            Mesh's own packages smaller; None where it may do that with the whole lock.
        environment: Variables that the function has of its author's: an import may read them.
        metadata: A folder with the project's own metadata, as an installed one has it; None where
            it has none.
        notes: What the author should know of the folder, a sentence or two each.
        is_installed: Whether the packages are those of the Python that builds; if not, they are
            installed for the build.
    """

    root: Path
    name: str
    version: str
    server: str
    requirements: Path
    include: tuple[str, ...] = ()
    tools: str = ""
    catalogues: str = ""
    example: Mapping[str, Any] | None = field(default=None, hash=False)
    hook: Hook | None = None
    declared: frozenset[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    metadata: Path | None = None
    notes: tuple[str, ...] = ()
    is_installed: bool = False

    @property
    def module(self) -> str:
        """The module that the server is in."""
        return self.server.partition(":")[0]

    def files(self) -> Iterator[tuple[str, Path]]:
        """The files, with their paths in the zip.

        Raises:
            BuildError: something that is to be included is not there.
        """
        for name in self.include:
            if not (self.root / name).exists():
                raise BuildError(f"{name} is to be included and is not in {self.root}.")
        tops = [self.root / name for name in self.include] or sorted(self.root.iterdir())
        for top in tops:
            if not self.include and (top.name == "tests" or top.name.endswith(".egg-info")):
                continue
            yield from files_below(self.root, top)
        if self.metadata:
            yield from files_below(self.metadata, self.metadata)

    def tool_modules(self) -> list[str]:
        """The modules that are imported before the first call of a tool.

        Raises:
            BuildError: there is no such package as the setting `tools` names.
        """
        if not self.tools:
            return [self.module]
        folder = self.root / self.tools.replace(".", "/")
        if not folder.is_dir():
            raise BuildError(f"tools is {self.tools!r}, and {folder} is not a folder.")
        found = []
        for path in sorted(folder.iterdir()):
            is_module = path.suffix == ".py" or (path / "__init__.py").is_file()
            if is_module and path.stem.isidentifier() and not path.stem.startswith("__"):
                found.append(f"{self.tools}.{path.stem}")
        return found

    def authors(self) -> frozenset[str]:
        """The first names of the modules that the author wrote."""
        names = {Path(name).parts[0] for name, path in self.files() if path.suffix == ".py"}
        return frozenset(name.removesuffix(".py") for name in names)


def version_of(root: Path) -> str:
    """The version in `pyproject.toml`, `0` where there is none.

    Raises:
        BuildError: that file cannot be read.
    """
    return str(_described(root).get("version", "0"))


def write_metadata(root: Path, folder: Path) -> Path | None:
    """Write what `importlib.metadata` gives of a project, as if it were installed.

    https://packaging.python.org/en/latest/specifications/core-metadata/

    Args:
        root: The project's folder.
        folder: Where to write; whatever else is there is removed.

    Returns:
        `folder`; None where `pyproject.toml` does not name the project and its version.

    Raises:
        BuildError: that file cannot be read.
    """
    described = _described(root)
    name, version = described.get("name"), described.get("version")
    if not (isinstance(name, str) and isinstance(version, str)):
        return None
    place = folder / f"{re.sub(r'[-_.]+', '_', name).lower()}-{version}.dist-info"
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    written = folder.glob("*/METADATA")
    if [(one.parent, one.read_text(encoding="utf-8")) for one in written] == [(place, text)]:
        # Another build may be reading it.
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    place.mkdir(parents=True)
    # No package of the zip has this file: so it is seen that nobody else made this one.
    (place / INSTALLER).write_text("mesh\n", encoding="utf-8")
    (place / "METADATA").write_text(text, encoding="utf-8")
    return folder


def _described(root: Path) -> dict[str, Any]:
    """The table `[project]` of a folder's pyproject.toml; empty where there is none."""
    place = root / "pyproject.toml"
    try:
        content = tomllib.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise BuildError(f"{place} cannot be read: {error}") from error
    return dict(content.get("project", {}))
