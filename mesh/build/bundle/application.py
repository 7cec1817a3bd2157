"""Mesh's own modules and the author's in the zip: sources, for tracebacks, and their bytecode.

The bytecode lies in one file, as that of dependencies does: INIT imports 35 modules, and with a
file each they take three times as long.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import mesh
from mesh.build.bundle import bytecode, module_packs
from mesh.build.bundle.archive import Entry
from mesh.build.failure import BuildError

# What tools write beside a server's own files.
MADE = frozenset({"__pycache__", "build", "dist", "node_modules", "venv"})
LEFTOVERS = (".pyc", ".pyo", ".orig", ".rej", ".swp", "~", ".tfvars")
# `mesh dev` builds after each save, and Mesh's own modules are the same each time.
_compiled = cache(bytecode.compiled)


def files_below(root: Path, top: Path) -> Iterator[tuple[str, Path]]:
    """A file, or the files in a folder, with their paths below the root; nothing left over."""
    below = top.relative_to(root)
    if any(part.startswith(".") or part in MADE for part in below.parts):
        return
    if top.is_dir():
        if (top / "pyvenv.cfg").is_file():
            return
        for one in sorted(top.iterdir()):
            yield from files_below(root, one)
    elif top.is_file() and not top.name.endswith(LEFTOVERS):
        yield below.as_posix(), top


def runtime_files() -> Iterator[tuple[str, Path]]:
    """The files of `mesh` that every zip contains, with their paths in it."""
    package = Path(mesh.__file__).resolve().parent
    yield f"{package.name}/__init__.py", package / "__init__.py"
    yield from files_below(package.parent, package / "runtime")


def entries(files: Iterable[tuple[str, Path]]) -> Iterator[Entry]:
    """Files as they lie in the zip, each module with its bytecode.

    Args:
        files: What `Project.files` or `runtime_files` gives.

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
            compiled[name] = _compiled(source, name)
        except (SyntaxError, ValueError) as error:
            raise BuildError(f"{name} is not valid Python: {error}") from error
    for pack in module_packs.packs(compiled, others):
        yield from module_packs.packed(pack, compiled, with_sources=True)
        for name in pack.modules:
            del compiled[name]
    for name, pyc in compiled.items():
        yield Entry(bytecode.cached(name), pyc)
