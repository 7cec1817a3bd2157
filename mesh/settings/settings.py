"""Reads an author's settings: `[tool.mesh]` in pyproject.toml, or mesh.toml beside the server."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mesh import packages
from mesh.failure import CommandFailedError
from mesh.settings.call import Call
from mesh.settings.location import Location, candidates, module_file, module_name
from mesh.settings.top_level import Objects

# The rule of the variable `name` in terraform/variables.tf.
NAME = re.compile(r"(?!aws|ssm)(?=.{1,40}$)[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_RULE = (
    "at most 40 lower-case letters, digits and single hyphens, a letter first, and not beginning "
    "with aws or ssm"
)
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
REFERENCE = re.compile(rf"{MODULE.pattern}:[A-Za-z_]\w*")
NAME_VARIABLE = "TF_VAR_name"


@dataclass(frozen=True)
class Settings:
    """The effective settings of one server.

    Attributes:
        root: The folder whose files go to the root of the zip.
        folder: The project's folder, with its settings, its packages and its state.
        server: A module, and the name of a FastMCP object or of a function that returns one.
        name: Part of the name of everything that is deployed.
        requirements: The file that declares packages; None to look for it.
        lock: A file with all packages of the zip, with hashes, that somebody keeps; None where
            Mesh makes it.
        include: Files and folders of the root that go into the zip; empty for all.
        smoke: The call of the smoke test; None where there is none.
        build: A function that adds files to the zip, such as `hooks:add_index`.
        tools: A package whose modules hold the tools.
        catalogues: A module with a class `Catalogues`; see `mesh.build.fast_path.answers`.
        shrink_packages: Whether Mesh makes all packages smaller, not its own alone.
        origins: By setting, where its value comes from.
    """

    root: Path
    folder: Path
    server: str
    name: str
    requirements: str | None
    lock: str | None
    include: tuple[str, ...]
    smoke: Call | None
    build: str | None
    tools: str
    catalogues: str
    shrink_packages: bool
    origins: Mapping[str, str] = field(hash=False)

    @property
    def file(self) -> Path:
        """The file with the server."""
        module = self.server.partition(":")[0]
        return module_file(self.root, module) or self.root / "server.py"


@dataclass(frozen=True)
class _Written:
    """The settings as they are written: a table, and where it is."""

    place: str
    values: Mapping[str, Any]

    def take[T](self, key: str, check: Callable[[Any], T | None], allowed: str) -> T | None:
        """The value of a setting; None where it is not set.

        Raises:
            CommandFailedError: it is not what it may be.
        """
        if key not in self.values:
            return None
        value = check(self.values[key])
        if value is None:
            raise CommandFailedError(
                f"{self.place}: {key} is {self.values[key]!r}; it must be {allowed}."
            )
        return value


def settings(location: Location, environment: Mapping[str, str] = os.environ) -> Settings:
    """The effective settings of the server at a location.

    Args:
        location: What `locate` gives.
        environment: Variables of the shell; `TF_VAR_name` wins over the setting.

    Raises:
        CommandFailedError: a setting is unknown or not allowed, or the server cannot be found.
    """
    written = _read(location.folder)
    location = _with_module(location, written)
    server, server_origin = _server(location, written)
    name, name_origin = _name(location.folder, written, environment)
    requirements = written.take("requirements", _text, 'a file, such as "requirements.txt"')
    include = written.take("include", _texts, 'a list of files and folders, such as ["data"]')
    smoke = written.take(
        "smoke", _call, 'a table such as { tool = "forecast", arguments = { city = "Rome" } }'
    )
    shrink = written.take(
        "shrink_packages", lambda value: value if isinstance(value, bool) else None, "true or false"
    )
    origins = {key: written.place if key in written.values else "default" for key in KEYS}
    return Settings(
        root=location.root,
        folder=location.folder,
        server=server,
        name=name,
        requirements=requirements,
        lock=written.take("lock", _text, 'a file, such as "requirements.lock"'),
        include=include or (),
        smoke=smoke,
        build=written.take("build", _reference, 'a module and a function, such as "hooks:add"'),
        tools=written.take("tools", _module, 'a package, such as "weather.tools"') or "",
        catalogues=written.take("catalogues", _module, 'a module, such as "weather.lists"') or "",
        shrink_packages=bool(shrink),
        origins=origins | {"server": server_origin, "name": name_origin},
    )


def deployable_name(text: str) -> str:
    """A name that AWS takes, made of any text, such as a folder's name."""
    found = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    if not NAME.fullmatch(found[:40].rstrip("-")):
        found = f"mcp-{found}".strip("-")
    return found[:40].rstrip("-")


def nearest(word: str, known: list[str]) -> str:
    """A question that names the most similar of the known words; empty when none is similar."""
    found = difflib.get_close_matches(word, known, 1, 0.6)
    return f" Did you mean {found[0]}?" if found else ""


KEYS = (
    *("server", "name", "requirements", "lock", "include", "smoke"),
    *("build", "tools", "catalogues", "shrink_packages"),
)


def _read(folder: Path) -> _Written:
    """The table of settings; an empty one where there is none.

    Raises:
        CommandFailedError: a file cannot be read, both have settings, or a key is unknown.
    """
    own, project = folder / "mesh.toml", folder / "pyproject.toml"
    found = []
    if own.is_file():
        found.append(_Written(str(own), _toml(own)))
    if project.is_file():
        tools = _toml(project).get("tool", {})
        if "mesh" in tools:
            found.append(_Written(f"{project} [tool.mesh]", tools["mesh"]))
    if not found:
        return _Written("", {})
    if len(found) > 1:
        raise CommandFailedError(
            f"{found[0].place} and {found[1].place} both have settings; keep one of them."
        )
    written = found[0]
    if not isinstance(written.values, dict):
        raise CommandFailedError(f"{written.place} is not a table.")
    for key in written.values:
        if key not in KEYS:
            raise CommandFailedError(
                f"{written.place}: there is no setting {key!r}.{nearest(key, list(KEYS))} "
                f"The settings are {', '.join(KEYS)}."
            )
    return written


def _toml(place: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(place.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandFailedError(f"{place} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandFailedError(f"{place} is not valid TOML: {error}.") from error


def _with_module(location: Location, written: _Written) -> Location:
    """The location whose root has the module that the setting `server` names."""
    named = written.values.get("server")
    if location.is_named or not isinstance(named, str):
        return location
    module = named.partition(":")[0]
    roots = (location.root, location.folder, location.folder / "src")
    return replace(
        location,
        root=next((root for root in roots if module_file(root, module)), location.root),
    )


def _server(location: Location, written: _Written) -> tuple[str, str]:
    """Where the FastMCP server is, and who says so."""
    root, file = location.root, location.file
    if file is not None and location.wanted and location.is_named:
        return f"{module_name(root, file)}:{location.wanted}", "the command line"
    named = written.take(
        "server",
        _reference,
        'a module and an object, such as "server:mcp"',
    )
    module = (named or "").partition(":")[0]
    if named is not None and (not location.is_named or module_file(root, module) == file):
        if module_file(root, module) is None and not _may_be_of_a_package(
            location, written, module
        ):
            raise CommandFailedError(
                f"{written.place}: server is {named!r}, and there is no module {module} in {root}."
            )
        return named, written.place
    if file is None:
        found = ", ".join(str(one.relative_to(root)) for one in candidates(root))
        has = f"FastMCP servers are made in {found}" if found else "no other file makes a server"
        raise CommandFailedError(
            f"{root} has no server.py, and {has}. Name the file (mesh up FILE.py), or write "
            f'server = "module:object" in {location.folder / "mesh.toml"}.'
        )
    module = module_name(root, file)
    if location.wanted:
        return f"{module}:{location.wanted}", "fastmcp.json"
    return f"{module}:{_object(file, module, location.folder)}", f"found in {file.name}"


def _may_be_of_a_package(location: Location, written: _Written, module: str) -> bool:
    """Whether a module that is not among the author's files may come from their packages."""
    top = module.partition(".")[0]
    if (location.root / top).exists() or (location.root / f"{top}.py").exists():
        return False
    named = written.values.get("requirements")
    found = packages.declared(location.folder, location.root / "server.py", named)
    return bool(found.requirements)


def _object(file: Path, module: str, folder: Path) -> str:
    """The name of the FastMCP object that a file makes; of several, the one with a usual name.

    Args:
        file: The file.
        module: What it is imported as.
        folder: The project's, where its settings are.

    Raises:
        CommandFailedError: it makes none, or several of which none has a usual name.
    """
    objects = Objects.of(file)
    if len(objects.servers) == 1:
        return objects.servers[0]
    if usual := next((name for name in objects.usual if name in objects.servers), None):
        return usual
    place = folder / "mesh.toml"
    say = f'Write server = "{{}}" in {place}.'
    if objects.servers:
        names = ", ".join(objects.servers)
        raise CommandFailedError(
            f"{file} makes {len(objects.servers)} FastMCP servers: {names}. "
            f"{say.format(f'{module}:NAME')} NAME is the one that clients connect to."
        )
    if objects.uses_sdk:
        raise CommandFailedError(
            f"{file} takes FastMCP from mcp.server.fastmcp, the SDK's class. Mesh runs FastMCP "
            "servers: write `from fastmcp import FastMCP`."
        )
    if objects.usual:
        return objects.usual[0]
    if objects.factories:
        say = say.format(f"{module}:{objects.factories[0]}")
        raise CommandFailedError(f"{file} makes its FastMCP server in a function. {say}")
    raise CommandFailedError(
        f"{file} has no line such as `mcp = FastMCP(...)` at its top level. If a function without "
        f'parameters makes the server, write server = "{module}:FUNCTION" in {place}.'
    )


def _name(folder: Path, written: _Written, environment: Mapping[str, str]) -> tuple[str, str]:
    """The name, and who gives it."""

    def check(value: Any) -> str | None:
        return value if isinstance(value, str) and NAME.fullmatch(value) else None

    named = written.take("name", check, NAME_RULE)
    if given := environment.get(NAME_VARIABLE):
        if check(given) is None:
            raise CommandFailedError(f"{NAME_VARIABLE} is {given!r}; it must be {NAME_RULE}.")
        return given, NAME_VARIABLE
    if named is not None:
        return named, written.place
    project = folder / "pyproject.toml"
    if project.is_file():
        title = _toml(project).get("project", {}).get("name")
        if isinstance(title, str) and title:
            return deployable_name(title), f"{project} [project]"
    return deployable_name(folder.name), "the folder's name"


def _reference(value: Any) -> str | None:
    return value if isinstance(value, str) and REFERENCE.fullmatch(value) else None


def _module(value: Any) -> str | None:
    return value if isinstance(value, str) and MODULE.fullmatch(value) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        return None
    if any(Path(one).is_absolute() or ".." in Path(one).parts for one in value):
        return None
    return tuple(value)


def _call(value: Any) -> Call | None:
    if not isinstance(value, dict) or not {"tool"} <= value.keys() <= {"tool", "arguments"}:
        return None
    tool, arguments = value["tool"], value.get("arguments", {})
    if not isinstance(tool, str) or not tool or not isinstance(arguments, dict):
        return None
    return Call(tool, arguments)
