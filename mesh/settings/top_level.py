"""What a file makes at its top level: FastMCP servers, and functions that return one.

The file is read, never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mesh.failure import CommandFailedError

FASTMCP = "FastMCP"
# What FastMCP's own command looks for in a file:
# https://gofastmcp.com/deployment/running-server#entrypoints
USUAL_NAMES = ("mcp", "server", "app")
# The SDK's class of that name, which is another one.
SDK = "mcp.server.fastmcp"


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
