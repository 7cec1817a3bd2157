"""Finds the server that a person means: a file, a folder, or the current folder."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.failure import CommandFailedError

SERVER = "server.py"
# `server.py:mcp`, as FastMCP's own command takes it.
WITH_OBJECT = re.compile(r"(?P<file>.+\.py):(?P<object>[A-Za-z_]\w*)")
FASTMCP = "FastMCP"
# What FastMCP's own command looks for in a file:
# https://gofastmcp.com/deployment/running-server#entrypoints
USUAL_NAMES = ("mcp", "server", "app")
# The SDK's class of that name, which is another one.
SDK = "mcp.server.fastmcp"


@dataclass(frozen=True)
class Location:
    """Where a server is.

    Attributes:
        root: The folder whose files go to the root of the zip, absolute.
        file: The file that the person named or that a folder's name leads to; None where the
            folder has several, and a setting has to say which.
        wanted: The name of the object, when it was given with the file.
        is_named: Whether the person named the file; then it wins over a setting.
    """

    root: Path
    file: Path | None
    wanted: str | None = None
    is_named: bool = False

    @property
    def folder(self) -> Path:
        """The project's folder, with its settings and state: above `src` where that is the root."""
        return project_folder(self.root)


def project_folder(root: Path) -> Path:
    """The folder of the project whose code is in `root`, as in the usual layout with `src`."""
    above = root.parent
    return above if root.name == "src" and (above / "pyproject.toml").is_file() else root


def locate(given: str | Path | None = None) -> Location:
    """Where the server is that a person means.

    Args:
        given: A file, perhaps with `:` and the name of its object, or a folder; the current
            folder when None.

    Raises:
        CommandFailedError: there is no such file or folder, or it holds no Python.
    """
    text = str(given or ".")
    found = WITH_OBJECT.fullmatch(text)
    place = Path(found["file"] if found else text).expanduser().resolve()
    if place.is_dir():
        file = _in_folder(place)
        return Location(_above_packages(place), file)
    if not place.is_file():
        raise CommandFailedError(f"{place} is not there; name a server's .py file, or its folder.")
    if place.suffix != ".py":
        raise CommandFailedError(f"{place} is not a .py file; name the file that makes FastMCP.")
    wanted = found["object"] if found else None
    return Location(_above_packages(place.parent), place, wanted, is_named=True)


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


def _in_folder(folder: Path) -> Path | None:
    """The one file that makes a server: `server.py`, or the only one with a FastMCP object."""
    if (folder / SERVER).is_file():
        return folder / SERVER
    found = [path for path in sorted(folder.glob("*.py")) if _is_server(path)]
    return found[0] if len(found) == 1 else None


def _is_server(path: Path) -> bool:
    try:
        return bool(Objects.of(path).servers)
    except CommandFailedError:
        return False


@dataclass(frozen=True)
class Objects:
    """What a file makes at its top level.

    Attributes:
        servers: Names of its FastMCP objects.
        factories: Names of functions that return one, by their annotation.
        usual: Those of the usual names for a server that are imported or assigned.
        uses_sdk: It takes `FastMCP` from the SDK.
    """

    servers: tuple[str, ...]
    factories: tuple[str, ...]
    usual: tuple[str, ...]
    uses_sdk: bool

    @classmethod
    def of(cls, path: Path) -> Objects:
        """Read the file without running it.

        Raises:
            CommandFailedError: it cannot be read, or is not valid Python.
        """
        try:
            module = ast.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise CommandFailedError(f"{path} cannot be read: {error.strerror}.") from error
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            raise CommandFailedError(
                f"{path}{f', line {line}' if line else ''}: not valid Python 3.13: "
                f"{getattr(error, 'msg', error)}"
            ) from error
        names, uses_sdk = _names_of_fastmcp(module)
        servers: dict[str, None] = {}
        factories = []
        bound: set[str] = set()
        for one in _top_level(module.body):
            bound.update(_bound(one))
            match one:
                case ast.Assign(targets, ast.Call(made)) if _made_by(made, names):
                    servers |= {name.id: None for name in targets if isinstance(name, ast.Name)}
                case ast.AnnAssign(ast.Name(name), _, ast.Call(made)) if _made_by(made, names):
                    servers[name] = None
                case ast.FunctionDef(name, returns=ast.expr() as returned) if (
                    _dotted(returned) in names
                ):
                    factories.append(name)
        usual = tuple(name for name in USUAL_NAMES if name in bound)
        return cls(tuple(servers), tuple(factories), usual, uses_sdk)


def _names_of_fastmcp(module: ast.Module) -> tuple[frozenset[str], bool]:
    """What the class is called in a module, and whether the SDK's is there."""
    names = {f"fastmcp.{FASTMCP}"}
    uses_sdk = False
    for one in ast.walk(module):
        match one:
            case ast.ImportFrom(str() as package, imported):
                for alias in imported:
                    if alias.name != FASTMCP:
                        continue
                    if package == SDK:
                        uses_sdk = True
                    elif package.partition(".")[0] == "fastmcp":
                        names.add(alias.asname or alias.name)
            case ast.Import(imported):
                names |= {
                    f"{alias.asname}.{FASTMCP}"
                    for alias in imported
                    if alias.asname and alias.name in {"fastmcp", "fastmcp.server"}
                }
    return frozenset(names), uses_sdk


def _top_level(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that run when a module is imported, those in `if`, `try` and `with` too."""
    found = []
    for one in body:
        found.append(one)
        if isinstance(one, ast.If | ast.Try | ast.With):
            for field in ("body", "orelse", "finalbody"):
                found += _top_level(getattr(one, field, []))
            for handler in getattr(one, "handlers", []):
                found += _top_level(handler.body)
    return found


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement imports, or assigns what something gives."""
    match statement:
        case ast.ImportFrom(_, imported):
            yield from (alias.asname or alias.name for alias in imported)
        case ast.Assign(targets, ast.Call() | ast.Attribute()):
            yield from (name.id for name in targets if isinstance(name, ast.Name))
        case ast.AnnAssign(ast.Name(name), _, ast.Call() | ast.Attribute()):
            yield name


def _made_by(made: ast.expr, names: frozenset[str]) -> bool:
    """Whether a call makes a server: of the class, or of what it has, such as `from_openapi`."""
    name = _dotted(made)
    return name in names or name.rpartition(".")[0] in names


def _dotted(expression: ast.expr) -> str:
    match expression:
        case ast.Name(name) | ast.Constant(str(name)):
            return name
        case ast.Attribute(value, name):
            return f"{_dotted(value)}.{name}"
    return ""
