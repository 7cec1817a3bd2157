"""Finds what of FastMCP and Pydantic a running tool may come on.

A tool that asks FastMCP about its request, with `get_http_headers()` for example, has to be run
by FastMCP. One that uses Pydantic needs the real one before it starts. So the build follows all
that a tool's code refers to: globals, by the names in the code; what they hold; the functions
that they lead to; and what those import while they run.
"""

from __future__ import annotations

import dis
import gc
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mesh.runtime.deferral.imports import DEFERRED, EARLY_MODULES
from mesh.runtime.deferral.recorder import is_recorder, path_of

# anyio's threads have to be its own before a function in one of them imports it.
PACKAGES = {**DEFERRED, "anyio": "anyio"}
# FastMCP's, on a function that is a tool.
MARK = "__fastmcp__"
# What imports a module by its name.
IMPORTERS = frozenset({"import_module", "__import__"})
# Of a class, what says nothing about its objects.
UNREAD = frozenset({"__annotations__", "__dict__", "__weakref__"})


class Reachable:
    """Follows what tools refer to.

    Args:
        names: The first names of all modules that authors wrote.
        authors: Those that have been imported.
    """

    def __init__(self, names: frozenset[str], authors: Mapping[str, ModuleType]) -> None:
        self._names = names
        self._authors = authors
        # Values that lead to nothing.
        self._clean: set[int] = set()

    def from_function(self, function: FunctionType) -> dict[str, str]:
        """By package, a name of it that a call of this function may come on."""
        found: dict[str, str] = {}
        seen: set[int] = set()
        # What a call cannot see of its own function: annotations, which are read before.
        unread = [*self._of_function(function)]
        while unread:
            value = unread.pop()
            # First: `isinstance` asks a recorder for the real object.
            if is_recorder(value):
                operation = value.mesh_deferral_operation
                found.setdefault(operation.package, path_of(operation))
            elif (imported := _imported(value)) is not None:
                found.setdefault(*imported)
            elif id(value) not in seen and id(value) not in self._clean:
                seen.add(id(value))
                unread += self._of_value(value)
        if not found:
            self._clean |= seen
        return found

    def _of_value(self, value: Any) -> Iterable[Any]:
        if isinstance(value, ModuleType):
            # Code that has it names what it takes from it.
            return ()
        if isinstance(value, FunctionType):
            own = [one for name, one in vars(value).items() if name != MARK]
            return [*self._of_function(value), value.__annotations__, *own]
        if isinstance(value, type):
            if not self._is_authors(value.__module__):
                return ()
            own = [one for name, one in vars(value).items() if name not in UNREAD]
            return [*own, *value.__bases__]
        return gc.get_referents(value)

    def _of_function(self, function: FunctionType) -> Iterator[Any]:
        yield from (function.__defaults__, function.__kwdefaults__, *(function.__closure__ or ()))
        if self._is_authors(function.__module__):
            yield from self._of_code(function.__code__, function.__globals__, set())

    def _of_code(self, code: CodeType, names: Mapping[str, Any], before: set[str]) -> Iterator[Any]:
        """What code refers to.

        Args:
            code: A function's, or a module's.
            names: Those of its module.
            before: Modules whose code has been read.
        """
        modules = [names]
        for name in {*_imports(code, str(names.get("__package__") or ""))}:
            if name in self._authors:
                modules.append(vars(self._authors[name]))
            else:
                yield from self._of_import(name, before)
        for one in _codes(code):
            yield from map(_Imported, looked_up(one))
        named = {name for one in _codes(code) for name in one.co_names}
        for mapping in modules:
            for value in [mapping[name] for name in named & mapping.keys()]:
                yield value
                if type(value) is ModuleType and self._is_authors(value.__name__):
                    known = any(vars(value) is one for one in modules)
                    modules += [] if known else [vars(value)]

    def _of_import(self, name: str, before: set[str]) -> Iterator[Any]:
        """What comes of a module that a call imports; an author's is read, and not run."""
        package = name.partition(".")[0]
        if package in PACKAGES and name not in EARLY_MODULES:
            yield _Imported((PACKAGES[package], name))
        if not self._is_authors(name) or name in before:
            return
        before.add(name)
        spec = _spec(name)
        if spec is not None and hasattr(spec.loader, "get_code"):
            code = spec.loader.get_code(name)
            yield from self._of_code(code, {"__package__": spec.parent}, before)

    def _is_authors(self, module: Any) -> bool:
        return isinstance(module, str) and module.partition(".")[0] in self._names


class _Imported(tuple[str, str]):
    """A package, and its module that a running function imports."""

    __slots__ = ()


def _imported(value: Any) -> tuple[str, str] | None:
    """The deferred package that the value comes from, and its module; None for other values."""
    if isinstance(value, _Imported):
        return value
    has_own = isinstance(value, (type, FunctionType))
    module: Any = value.__module__ if has_own else type(value).__module__
    package = DEFERRED.get(module.partition(".")[0]) if isinstance(module, str) else None
    return (package, module) if package and module not in EARLY_MODULES else None


def looked_up(code: CodeType) -> Iterator[tuple[str, str]]:
    """What code names as text of the modules that FastMCP brings, each with its package.

    It imports them so, or looks for them among the modules that have been imported.

    Args:
        code: Without the functions in it.
    """
    names = {*code.co_names}
    looks = {"sys", "modules"} <= names
    if not looks and names.isdisjoint(IMPORTERS):
        return
    # A function's annotations name its parameters as text.
    parameters = {
        name for one in code.co_consts if isinstance(one, CodeType) for name in one.co_varnames
    }
    for constant in code.co_consts:
        for text in constant if isinstance(constant, (tuple, frozenset)) else (constant,):
            top = text.partition(".")[0] if isinstance(text, str) else ""
            if top in PACKAGES and text not in parameters:
                yield PACKAGES[top], f"sys.modules[{text!r}]" if looks else text


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _imports(code: CodeType, package: str) -> Iterator[str]:
    """The modules that import statements in the code name."""
    for one in _codes(code):
        constants: list[Any] = [None, None]
        for before, instruction in pairwise(dis.get_instructions(one)):
            constants = [*constants[-1:], before.argval]
            if instruction.opname != "IMPORT_NAME":
                continue
            level, names = constants
            name = instruction.argval
            if level:
                name = importlib.util.resolve_name("." * level + name, package)
            yield name
            for below in names or ():
                if _spec(f"{name}.{below}") is not None:
                    yield f"{name}.{below}"


def _spec(name: str) -> Any:
    if name.partition(".")[0] in DEFERRED:
        return None
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
