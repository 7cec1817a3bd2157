"""Imports a package's modules from one file, `__modules__`, in the package's folder.

This is `packed_modules` at the root of the zip; `packing.py` writes what it reads. Hundreds of
small files take a quarter more of the zip than one that holds them all, since each is compressed
alone, and each is looked for in its folder and opened.

It is a path entry finder, https://docs.python.org/3/reference/import.html#path-entry-finders:
everything that asks Python's import system (importlib.resources and .metadata, pkgutil, runpy)
finds modules, data and native libraries as if all lay in folders. `__file__` is where the
module would lie.
"""

from __future__ import annotations

import marshal
import os
import sys

# What importlib.machinery and .util name; those take a millisecond to import.
from _frozen_importlib_external import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
    spec_from_file_location,
)

# Not typing's, as in `mcp_app.handler`: it is imported with the first dependency.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.machinery import ModuleSpec
    from types import CodeType
    from typing import Any

NAME = "__modules__"
# How many bytes say how long the index is.
LENGTH_BYTES = 4
INIT = "__init__"


class Modules:
    """A package's modules in a file: a marshalled index, then their code one after the other.

    The index has, in turn, the place of a module below the package, such as `types/chat`, and the
    length of its code. A package's own code lies at its `__init__`.

    Args:
        folder: The package's.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._file = f"{folder}/{NAME}"
        length = int.from_bytes(self._read(LENGTH_BYTES, 0), "little")
        index = marshal.loads(self._read(length, LENGTH_BYTES))  # noqa: S302 - the build's
        self.places: dict[str, tuple[int, int]] = {}
        begin = LENGTH_BYTES + length
        for place, size in zip(index[::2], index[1::2], strict=True):
            self.places[place] = (size, begin)
            begin += size

    def _read(self, size: int, begin: int) -> bytes:
        # Opened each time: nothing stays open over a snapshot, and threads share no position.
        file = os.open(self._file, os.O_RDONLY)
        try:
            return os.pread(file, size, begin)
        finally:
            os.close(file)

    def code(self, place: str) -> CodeType:
        """The code of the module at a place."""
        code: CodeType = marshal.loads(self._read(*self.places[place]))  # noqa: S302 - the build's
        return code


class Loader(SourcelessFileLoader):
    """Loads a module as if it lay in a file of its own.

    Args:
        name: The module's.
        modules: Those of its package.
        place: Where it is among them.
    """

    def __init__(self, name: str, modules: Modules, place: str) -> None:
        super().__init__(name, f"{modules.folder}/{place}.pyc")
        self._modules = modules
        self._place = place

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the interface's
        """The module's code."""
        return self._modules.code(self._place)


class Finder:
    """Finds the modules of one folder, packed ones first; all else where files are found.

    Args:
        path: A packed package's folder, or one below it.

    Raises:
        ImportError: it is another folder; Python asks the next path hook.
    """

    def __init__(self, path: str) -> None:
        found = _packed.get(path)
        if found is None:
            try:
                found = Modules(path), ""
            except OSError:
                raise ImportError(path) from None
            _packed[path] = found
        self._modules, self._below = found
        # Native libraries, and what was put into the folder later.
        self._files = FileFinder(
            path,
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (SourceFileLoader, SOURCE_SUFFIXES),
            (SourcelessFileLoader, BYTECODE_SUFFIXES),
        )

    def find_spec(self, fullname: str, target: Any = None) -> ModuleSpec | None:
        """How to load a module; None where there is none."""
        modules = self._modules
        place = self._below + fullname.rpartition(".")[2]
        package = f"{place}/{INIT}"
        if package in modules.places:
            folder = f"{modules.folder}/{place}"
            _packed[folder] = modules, f"{place}/"
            loader = Loader(fullname, modules, package)
            return spec_from_file_location(
                fullname, loader.path, loader=loader, submodule_search_locations=[folder]
            )
        if place in modules.places:
            loader = Loader(fullname, modules, place)
            return spec_from_file_location(fullname, loader.path, loader=loader)
        return self._files.find_spec(fullname, target)

    def invalidate_caches(self) -> None:
        """Look at the folder's files anew."""
        self._files.invalidate_caches()

    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]:
        """The folder's modules, and whether each is a package, for pkgutil."""
        from pkgutil import (  # type: ignore[attr-defined]  # noqa: PLC0415 - rarely needed
            iter_importer_modules,
        )

        found = {
            name.removesuffix(f"/{INIT}"): name.endswith(f"/{INIT}")
            for place in self._modules.places
            if place.startswith(self._below) and (name := place.removeprefix(self._below)) != INIT
        }
        for name in sorted(name for name in found if "/" not in name):
            yield prefix + name, found[name]
        for beside, is_package in iter_importer_modules(self._files, prefix):
            if beside.removeprefix(prefix) not in found:
                yield beside, is_package


# By folder: the file that its modules are in, and what their places begin with.
_packed: dict[str, tuple[Modules, str]] = {}
sys.path_hooks.insert(0, Finder)


def start(package: dict[str, Any]) -> None:
    """Run a packed package's own code; its `__init__.pyc` is a call of this.

    Args:
        package: Its namespace.
    """
    folder = package["__file__"].rpartition("/")[0]
    if folder not in _packed:
        _packed[folder] = Modules(folder), ""
    exec(_packed[folder][0].code(INIT), package)  # noqa: S102 - the build's
