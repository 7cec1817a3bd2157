"""Puts the modules of a package into one file; see `packed_modules.py`, which reads it.

This saves 11 % of the zip (`python -m benchmarks.build_steps`), and two thirds of the time of
INIT's imports.
"""

from __future__ import annotations

import ast
import marshal
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mesh.build.bundle import bytecode
from mesh.build.bundle.archive import Entry
from mesh.build.bundle.packed_modules import INIT, LENGTH_BYTES, NAME

READER = Path(__file__).with_name("packed_modules.py")
# Below that a file of their own and its reader cost as much as they save.
LEAST_MODULES = 6
# What a `.pyc` file has before its code: https://peps.python.org/pep-0552/
HEADER_BYTES = 16


@dataclass(frozen=True)
class Pack:
    """The modules of one package.

    Attributes:
        package: Its path in the zip.
        modules: Their sources' paths in the zip, its own `__init__.py` among them.
    """

    package: str
    modules: tuple[str, ...]


def packs(modules: Iterable[str], others: Iterable[str]) -> Iterator[Pack]:
    """Which modules may lie in one file, each with the topmost package above it.

    A folder without an `__init__.py` is a namespace, which may be continued elsewhere: it stays a
    folder. So does a module with a native library of the same name beside it, which goes first.

    Args:
        modules: Paths of sources in the zip.
        others: Paths of all else in it.
    """
    sources = set(modules)
    native = {
        f"{path.parent}/{path.name.partition('.')[0]}.py"
        for path in map(PurePosixPath, others)
        if ".so" in path.suffixes
    }
    below: dict[str, list[str]] = {}
    for name in sorted(sources - native):
        package = _topmost(PurePosixPath(name).parent, sources)
        if package:
            below.setdefault(package, []).append(name)
    for package, found in sorted(below.items()):
        if len(found) >= LEAST_MODULES:
            yield Pack(package, tuple(found))


def _topmost(folder: PurePosixPath, sources: set[str]) -> str | None:
    """The topmost of the packages from this one upwards; None where this one is none."""
    topmost = None
    while f"{folder}/__init__.py" in sources:
        topmost = str(folder)
        folder = folder.parent
    return topmost


def packed(
    pack: Pack, compiled: Mapping[str, bytes], *, with_sources: bool = False
) -> tuple[Entry, Entry]:
    """The file with the modules, and the bytecode of `__init__` that starts the package from it.

    Args:
        pack: What it holds.
        compiled: The `.pyc` files of its modules.
        with_sources: Whether their sources lie in the zip, too.
    """
    index: list[str | int] = [".py" if with_sources else ".pyc"]
    code = bytearray()
    for name in pack.modules:
        place = name.removeprefix(f"{pack.package}/").removesuffix(".py")
        one = compiled[name][HEADER_BYTES:]
        index += (place, len(one))
        code += one
    # The version without references: the same bytes, whatever shares what.
    written = marshal.dumps(index, 2)
    # No name of ours stays in the package.
    start = ast.parse(f"__import__({READER.stem!r}).start(globals())")
    source = f"{pack.package}/{INIT}.py"
    init = bytecode.compiled_tree(start, source)
    data = len(written).to_bytes(LENGTH_BYTES, "little") + written + code
    return (
        Entry(f"{pack.package}/{NAME}", data),
        Entry(bytecode.cached(source) if with_sources else f"{source}c", init),
    )


def reader() -> Entry:
    """The module that reads such files."""
    return Entry(f"{READER.stem}.pyc", bytecode.compiled(READER.read_bytes(), READER.name))
