"""Imports a package's modules from one file, `__modules__`, in the package's folder.

This is `packed_modules` at the root of the zip; `packing.py` writes what it reads. Hundreds of
small files take a quarter more of the zip than one file that holds them all, because each is
compressed alone. They also take twice as long to import, because Python looks for each of them
in its folder, asks for its date and checks its header.

It is a path entry finder, https://docs.python.org/3/reference/import.html#path-entry-finders.
So importlib.resources, importlib.metadata, pkgutil and runpy find modules, data and native
libraries as if they were in folders. `__file__` is the source of
the module where the zip has it; otherwise it is where the module's bytecode would lie.
"""

from __future__ import annotations

import marshal
import os
import sys

# What importlib.machinery and .util name; those take a millisecond to import.
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

# Not typing's, as in `mesh.runtime.handler`: it is imported with the first dependency.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

NAME = "__modules__"
# How many bytes say how long the index is.
LENGTH_BYTES = 4
INIT = "__init__"


class Modules:
    """A package's modules in a file: a marshalled index, then their code one after the other.

    The index has the suffix of the modules' files, `.py` where their sources lie in the folder
    and `.pyc` where the zip has none. Then it has, in turn, the place of a module below the
    package, such as `types/chat`, and the length of its code. A package's own code lies at its
    `__init__`.

    Args:
        folder: The package's.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._file = f"{folder}/{NAME}"
        length = int.from_bytes(self._read(LENGTH_BYTES, 0), "little")
        suffix, *index = marshal.loads(self._read(length, LENGTH_BYTES))  # noqa: S302 - the build's
        self.suffix: str = suffix
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
        super().__init__(name, f"{modules.folder}/{place}{modules.suffix}")
        self._modules = modules
        self._place = place

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the interface's
        """The module's code."""
        return self._modules.code(self._place)

    def get_source(self, fullname: str) -> str | None:  # type: ignore[override]
        """The module's source; None where the zip has none."""
        if self._modules.suffix not in SOURCE_SUFFIXES:
            return None
        return SourceFileLoader(fullname, self.path).get_source(fullname)


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
        module = place = self._below + fullname.rpartition(".")[2]
        is_package = f"{place}/{INIT}" in modules.places
        if is_package:
            module = f"{place}/{INIT}"
        elif place not in modules.places:
            return self._files.find_spec(fullname, target)
        loader = Loader(fullname, modules, module)
        # What spec_from_file_location makes, after it has asked the loader for what is known here.
        spec = ModuleSpec(fullname, loader, origin=loader.path, is_package=is_package)
        spec.has_location = True
        if is_package:
            folder = f"{modules.folder}/{place}"
            _packed[folder] = modules, f"{place}/"
            spec.submodule_search_locations = [folder]
        return spec

    def invalidate_caches(self) -> None:
        """Look at the folder's files again."""
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
    """Run a packed package's own code; the bytecode of its `__init__` is a call of this.

    Args:
        package: Its namespace.
    """
    folder = package["__file__"].rpartition("/")[0]
    if folder not in _packed:
        _packed[folder] = Modules(folder), ""
    exec(_packed[folder][0].code(INIT), package)  # noqa: S102 - the build's
