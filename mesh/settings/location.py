"""Finds the server that a person means: a file, a folder, or the current folder."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.settings.top_level import Objects

SERVER = "server.py"
# `server.py:mcp`, as FastMCP's own command takes it.
WITH_OBJECT = re.compile(r"(?P<file>.+\.py):(?P<object>[A-Za-z_]\w*)")
FASTMCP_JSON = "fastmcp.json"


@dataclass(frozen=True)
class Location:
    """Where a server is.

    Attributes:
        root: The folder whose files go to the root of the zip, absolute.
        folder: The project's folder, with its settings and state: that of `fastmcp.json`, or
            above `src` where that is the root.
        file: The file that the person named or that a folder's name leads to; None where the
            folder has several, and a setting has to say which.
        wanted: The name of the object, when it was given with the file.
        is_named: Whether the person named the file; then it wins over a setting.
    """

    root: Path
    folder: Path
    file: Path | None
    wanted: str | None = None
    is_named: bool = False

    @classmethod
    def of(cls, folder: Path, file: Path | None, wanted: str | None = None) -> Location:
        """The location of a file, or of a folder where none was found."""
        root = _above_packages(folder)
        return cls(root, _project_folder(root), file, wanted)


def _project_folder(root: Path) -> Path:
    """The folder of the project whose code is in `root`, as in the usual layout with `src`."""
    above = root.parent
    is_project = any((above / name).is_file() for name in ("pyproject.toml", "mesh.toml"))
    return above if root.name == "src" and is_project else root


def locate(given: str | Path | None = None) -> Location:
    """Where the server is that a person means.

    Args:
        given: A file, perhaps with `:` and the name of its object, a `fastmcp.json`, or a folder;
            the current folder when None.

    Raises:
        CommandFailedError: there is no such file or folder, it holds no Python, or a
            `fastmcp.json` cannot be read.
    """
    text = str(given or ".")
    found = WITH_OBJECT.fullmatch(text)
    place = Path(found["file"] if found else text).expanduser().resolve()
    if place.is_dir():
        return _in_folder(place) or Location.of(place, None)
    if not place.is_file():
        raise CommandFailedError(f"{place} is not there; name a server's .py file, or its folder.")
    if place.name == FASTMCP_JSON:
        source = _source(place)
        if source is None:
            raise CommandFailedError(f"{place} has no `source`; name a server's .py file.")
        return replace(source, is_named=True)
    if place.suffix != ".py":
        raise CommandFailedError(f"{place} is not a .py file; name the file that makes FastMCP.")
    wanted = found["object"] if found else None
    return replace(Location.of(place.parent, place, wanted), is_named=True)


def _above_packages(folder: Path) -> Path:
    """Where imports begin: a module of a package has the package's name, too."""
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def holds_server(folder: Path) -> bool:
    """Whether a command that runs in this folder is about a server in it."""
    if _in_folder(folder) is not None or (folder / "mesh.toml").is_file():
        return True
    project = folder / "pyproject.toml"
    return project.is_file() and "[tool.mesh]" in project.read_text(encoding="utf-8")


def module_name(root: Path, file: Path) -> str:
    """The name that a file is imported by, from the root."""
    return ".".join(file.relative_to(root).with_suffix("").parts)


def module_file(root: Path, module: str) -> Path | None:
    """The file that a module is imported from; None where the root has none."""
    below = root.joinpath(*module.split("."))
    places = (below.with_suffix(".py"), below / "__init__.py")
    return next((place for place in places if place.is_file()), None)


def _in_folder(folder: Path) -> Location | None:
    """The one server of a folder.

    It is what `fastmcp.json` names, a file of the folder, or a file of the project's package,
    which is in the folder or in `src`.
    """
    if (folder / FASTMCP_JSON).is_file() and (source := _source(folder / FASTMCP_JSON)):
        return source
    for place in (folder, *_packages(folder)):
        if file := _server_file(place):
            return Location.of(place, file)
    return None


def _packages(folder: Path) -> list[Path]:
    """The folders of a project that may hold its server: its package, `src`, and those in it."""
    project = folder / "pyproject.toml"
    if not project.is_file():
        return []
    try:
        title = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["name"]
        package = re.sub(r"[-.]+", "_", title.lower())
    except (ValueError, KeyError, TypeError, AttributeError):
        package = ""
    within = [folder / "src", *(one.parent for one in sorted(folder.glob("src/*/__init__.py")))]
    found = [one for one in within if _server_file(one)]
    return [*([folder / package] if package else []), *(found if len(found) == 1 else [])]


def candidates(folder: Path) -> list[Path]:
    """The files of a folder that make a server, or else those of the folders below it."""
    below = [one for one in (*folder.glob("*/"), *folder.glob("src/*/")) if one.name.isidentifier()]
    return _servers(folder) or [file for one in sorted(below) for file in _servers(one)]


def _server_file(folder: Path) -> Path | None:
    """The one file that makes a server: `server.py`, or the only one with a FastMCP object."""
    if (folder / SERVER).is_file():
        return folder / SERVER
    found = _servers(folder)
    return found[0] if len(found) == 1 else None


def _servers(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.glob("*.py")) if _is_server(path)]


def _is_server(path: Path) -> bool:
    try:
        return bool(Objects.of(path).servers)
    except CommandFailedError:
        return False


def _source(place: Path) -> Location | None:
    """What `fastmcp.json` names; None where it names nothing.

    https://gofastmcp.com/deployment/server-configuration#source-configuration

    Raises:
        CommandFailedError: it cannot be read, or names no file.
    """
    try:
        content = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandFailedError(f"{place} cannot be read: {error}") from error
    source = content.get("source") if isinstance(content, dict) else None
    if source is None:
        return None
    path = source.get("path") if isinstance(source, dict) else None
    if not isinstance(path, str):
        raise CommandFailedError(f'{place}: source has no path, such as {{"path": "server.py"}}.')
    name, _, after = path.partition(":")
    wanted = source.get("entrypoint") or after or None
    file = (place.parent / name).resolve()
    if not file.is_file():
        raise CommandFailedError(f"{place}: source.path is {path!r}, and {file} is not a file.")
    return replace(Location.of(file.parent, file, wanted), folder=place.parent)
