"""Our own package in the zip: sources, so that tracebacks have lines, and their bytecode.

The bytecode lies in one file, as that of dependencies does: INIT imports 35 modules, and with a
file each they take three times as long.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import mesh
from mesh.build import bytecode, packing
from mesh.build.archive import Entry
from mesh.build.failure import BuildError

PACKAGE = "mcp_app"
LEFTOVERS = (".pyc", ".pyo", ".orig", ".rej", ".swp", "~")


def files(root: Path) -> Iterator[tuple[str, Path]]:
    """The author's files with their paths in the zip; nothing hidden, nothing left over."""
    yield from _below(root, root / PACKAGE)


def runtime_files() -> Iterator[tuple[str, Path]]:
    """The same of what every zip contains."""
    package = Path(mesh.__file__).resolve().parent
    yield f"{package.name}/__init__.py", package / "__init__.py"
    yield from _below(package.parent, package / "runtime")


def _below(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(root)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in below.parts)
        if path.is_file() and not hidden and not path.name.endswith(LEFTOVERS):
            yield below.as_posix(), path


def entries(files: Iterable[tuple[str, Path]]) -> Iterator[Entry]:
    """Files as they lie in the zip, each module with its bytecode.

    Args:
        files: What `files` or `runtime_files` gives.

    Raises:
        BuildError: a module is not valid Python.
    """
    compiled: dict[str, bytes] = {}
    others = []
    for name, path in files:
        source = path.read_bytes()
        # Not by the file's own mode: what a checkout makes of that depends on the system.
        yield Entry(name, source, executable=source.startswith(b"#!"))
        if path.suffix != ".py":
            others.append(name)
            continue
        try:
            compiled[name] = bytecode.compiled(source, name)
        except (SyntaxError, ValueError) as error:
            raise BuildError(f"{name} is not valid Python: {error}") from error
    for pack in packing.packs(compiled, others):
        yield from packing.packed(pack, compiled, with_sources=True)
        for name in pack.modules:
            del compiled[name]
    for name, pyc in compiled.items():
        yield Entry(bytecode.cached(name), pyc)


def version(root: Path) -> str:
    """`mcp_app.__version__`, read without importing the package.

    Raises:
        BuildError: it is not there, or is no plain string.
    """
    place = root / PACKAGE / "__init__.py"
    try:
        module = ast.parse(place.read_bytes())
    except (OSError, SyntaxError) as error:
        raise BuildError(f"{place} cannot be read: {error}") from error
    for statement in module.body:
        match statement:
            case ast.Assign([ast.Name("__version__")], ast.Constant(str(value))):
                return value
    raise BuildError(f'{place} has no line like `__version__ = "1.0.0"`.')
