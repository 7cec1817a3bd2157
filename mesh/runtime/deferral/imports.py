"""Hands recorders to authors' modules, and to nobody else, until the real packages are needed."""

from __future__ import annotations

import builtins
import sys
from contextlib import suppress

from mesh.runtime.deferral.recorder import (
    ATTRIBUTE,
    CALL,
    IMPORT,
    OR,
    Operation,
    Recorder,
    path_of,
    real,
)

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from types import ModuleType
    from typing import Any

FASTMCP, PYDANTIC = "fastmcp", "pydantic"
# By the first name of a module: the package whose start brings it.
DEFERRED = {"fastmcp": FASTMCP, "mcp": FASTMCP, "mcp_types": FASTMCP, "pydantic": PYDANTIC}
# Modules of a deferred package that are imported for real before it, with recorders for what
# they import themselves: their classes are what authors raise, catch and inherit from.
EARLY_MODULES = frozenset({"fastmcp.exceptions"})


class DeferralError(Exception):
    """A recording does not do what the plain import does."""


class Deferral:
    """Records what authors' modules do with FastMCP and Pydantic, and does it later.

    Args:
        authors: The first names of the modules whose authors get recorders.
        start: Imports FastMCP and calls `end`; called when a recorder needs FastMCP.
        early: Names that are resolved at once, such as `pydantic.ValidationError`, each with
            the light module that defines it, or None where there is none. A recorder cannot
            stand in for an exception or for plain data.
        known: The authors' modules that the build has imported so. Any other one that a running
            function imports gets the real packages: nobody knows what it does with them.
        before_replay: Called before recorders are replaced by what they stand for.
    """

    def __init__(
        self,
        authors: Collection[str],
        start: Callable[[], object],
        early: Mapping[str, str | None] | None = None,
        known: Collection[str] = (),
        before_replay: Callable[[], object] | None = None,
    ) -> None:
        self._before_replay = before_replay
        self._known = frozenset(known)
        self._authors = frozenset(authors)
        self._start = start
        self._early = early or {}
        self._importing = 0
        self._stopped = False
        self._real: set[str] = set()
        # Packages, each with an author's module for which it is real: something in that module
        # could not be recorded. Others still record, in whatever order they are imported.
        self._real_for: set[tuple[str, str]] = set()
        self._replaying = False
        self._resolved = False
        self._modules: dict[str, Any] = {}
        self._import: Any = builtins.__import__
        self._early_modules: list[str] = []
        self.log: list[Recorder] = []
        # For the build: what stayed a recorder, and the module whose operation failed.
        self.left: list[str] = []
        self.failed_module: str | None = None

    # --- recording

    def begin(self) -> None:
        """Give recorders to authors' modules from here on."""
        builtins.__import__ = self._imported

    def load(self, name: str) -> ModuleType:
        """Import an author's module, with recorders where those are still given."""
        self.run(lambda: builtins.__import__(name))
        return sys.modules[name]

    def run(self, function: Callable[[], Any]) -> Any:
        """What an author's function gives, with recorders where those are still given."""
        self._importing += 1
        try:
            value = function()
        finally:
            self._importing -= 1
        if self._resolved and not self._importing:
            # The code goes on with a recorder that it had resolved, and may keep it.
            self._bind([one for one in self.log if not _is_open(one)])
            self._resolved = False
        return value

    def recording(self, package: str) -> bool:
        """Whether an operation is written down rather than done."""
        if self._importing == 0 or self._stopped or self._replaying:
            return False
        return (package, self._author()) not in self._real_for

    def _author(self) -> str:
        """The author's module whose code is running."""
        frame: Any = sys._getframe(1)  # noqa: SLF001 - no public way
        while frame is not None:
            if self._is_author(frame.f_globals) and not _is_own(frame.f_globals):
                return str(frame.f_globals["__name__"])
            frame = frame.f_back
        return ""

    def is_real(self, package: str) -> bool:
        """Whether a package has been imported for real."""
        return package in self._real

    def calls_of(self, module: str) -> list[tuple[Any, ...]]:
        """The operands of a module's recorded calls, in their order."""
        operations = [one.mesh_deferral_operation for one in self.log]
        return [one.operands for one in operations if one.module == module and one.kind == CALL]

    def add(self, operation: Operation) -> Any:
        """Write an operation down; its result, in most cases a recorder."""
        if operation.kind == ATTRIBUTE:
            path = path_of(operation)
            if path in self._early:
                return self._early_value(path, operation)
        recorder = Recorder(self, operation)
        self.log.append(recorder)
        return recorder

    def _early_value(self, path: str, operation: Operation) -> Any:
        module = self._early[path]
        if module is None:
            self._need_here(operation.package)
            return getattr(real(operation.operands[0]), operation.operands[1])
        return getattr(self._early_module(module), operation.operands[1])

    def _is_author(self, importer: Any) -> bool:
        name = importer.get("__name__") if type(importer) is dict else None
        return type(name) is str and (
            name.partition(".")[0] in self._authors or name in self._early_modules
        )

    def _imported(
        self,
        name: str,
        globals: Any = None,  # noqa: A002 - as `__import__` has it
        locals: Any = None,  # noqa: A002 - as above
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if not self._is_author(globals):
            return self._import(name, globals, locals, fromlist, level)
        top = name.partition(".")[0]
        package = DEFERRED.get(top) if level == 0 else None
        if name in EARLY_MODULES and fromlist:
            # In a running function, too: they are light.
            return self._early_module(name)
        if package is not None and (package, globals["__name__"]) not in self._real_for:
            if self._importing and "*" not in (fromlist or ()):
                return self._module(name if fromlist else top, package, (name, globals["__name__"]))
            self._need_here(package)
        if level == 0 and top not in self._authors:
            return self._import(name, globals, locals, fromlist, level)
        if not self._importing and not self._is_known(name, globals, fromlist, level):
            return self._import(name, globals, locals, fromlist, level)
        self._importing += 1
        try:
            return self._import(name, globals, locals, fromlist, level)
        finally:
            self._importing -= 1

    def _is_known(self, name: str, importer: Any, fromlist: Any, level: int) -> bool:
        if level:
            package = importer["__package__"].rsplit(".", level - 1)[0]
            name = f"{package}.{name}" if name else package
        return any(one in self._known for one in (name, *(f"{name}.{x}" for x in fromlist or ())))

    def _module(self, name: str, package: str, asked: tuple[str, str]) -> Any:
        """What an import statement gives; all of its modules are imported when it is replayed."""
        whole, importer = asked
        for one in dict.fromkeys((whole, name)):
            if one not in self._modules:
                operation = Operation(IMPORT, package, importer, (one,))
                self._modules[one] = Recorder(self, operation)
                self.log.append(self._modules[one])
        return self._modules[name]

    def _early_module(self, name: str) -> ModuleType:
        """A module of a package that is not imported: found where it lies."""
        if name not in sys.modules:
            from _frozen_importlib import (  # type: ignore[attr-defined]  # rarely needed
                _load,
            )
            from _frozen_importlib_external import PathFinder

            with suppress(ModuleNotFoundError):
                # In the zip a package's modules lie in one file, which this reads.
                self._load("packed_modules")
            package = PathFinder.find_spec(name.rpartition(".")[0])
            found = package and PathFinder.find_spec(name, package.submodule_search_locations)
            if found is None:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            self._importing += 1
            self._early_modules.append(name)
            try:
                _load(found)
            except BaseException:
                self._early_modules.remove(name)
                raise
            finally:
                self._importing -= 1
        return sys.modules[name]

    # --- replaying

    def resolve(self, recorder: Recorder) -> None:
        """Give a recorder its real value."""
        if not self._stopped and not self._replaying:
            self._need_here(recorder.mesh_deferral_operation.package)
        if recorder.mesh_deferral_value is None:
            # It was made by what is being replayed, or is asked for before it is replayed.
            self._do(recorder)

    def _need_here(self, package: str) -> None:
        """Have a package for real, from here on also in the module that is being imported."""
        if self._importing:
            self._real_for.add((package, self._author()))
        self.need(package)

    def need(self, package: str) -> None:
        """Have a package imported for real, and everything done that was recorded of it."""
        if package == PYDANTIC:
            self._replay_pydantic()
        elif package not in self._real:
            self._start()
            if package not in self._real:
                raise DeferralError("FastMCP was started without an end of the recording")

    def stop(self) -> None:
        """Give nobody recorders from here on."""
        if not self._stopped:
            self._stopped = True
            builtins.__import__ = self._import

    def end(self) -> None:
        """Do what was recorded; after `stop`.

        Raises:
            Exception: what an operation raises.
        """
        if FASTMCP in self._real:
            return
        self.stop()
        self._real.add(FASTMCP)
        for name in self._early_modules:
            parent, _, child = name.rpartition(".")
            self._load(parent)
            # What the import system does for a module below a package.
            setattr(sys.modules[parent], child, sys.modules[name])
        self._replay_pydantic()
        # A module whose import failed has done nothing.
        done = [one for one in self.log if _is_open(one) and _module_of(one) in {"", *sys.modules}]
        self._replay(done)

    def _replay_pydantic(self) -> None:
        self._real.add(PYDANTIC)
        self._replay([one for one in self.log if _is_open(one) and _package(one) == PYDANTIC])

    def _replay(self, done: list[Recorder]) -> None:
        if self._before_replay is not None:
            self._before_replay()
        before, self._replaying = self._replaying, True
        try:
            for recorder in done:
                self._do(recorder)
        finally:
            self._replaying = before
        self._resolved = True
        self._bind(done)

    def _bind(self, done: list[Recorder]) -> None:
        if done:
            from mesh.runtime.deferral.replacement import bind  # not before it is needed

            known = [one.mesh_deferral_attributes for one in self.log]
            self.left += bind(done, (self.log, self._modules, done, *known))

    def _load(self, name: str) -> ModuleType:
        self._import(name)
        return sys.modules[name]

    def _do(self, recorder: Recorder) -> None:
        if not _is_open(recorder):
            return
        from mesh.runtime.deferral.replacement import replaced

        operation: Operation = recorder.mesh_deferral_operation
        try:
            value = self._value(operation, replaced)
            _check(operation, value)
        except BaseException:
            self.failed_module = self.failed_module or operation.module
            raise
        object.__setattr__(recorder, "mesh_deferral_value", (value,))

    def _value(self, operation: Operation, replaced: Callable[[Any], Any]) -> Any:
        if operation.kind == IMPORT:
            return self._load(operation.operands[0])
        first, *rest = (self._done(one, replaced) for one in operation.operands)
        if operation.kind == ATTRIBUTE:
            return _attribute(first, rest[0], self._load)
        if operation.kind == CALL:
            return first(*rest[0], **rest[1])
        return first | rest[0] if operation.kind == OR else first[rest[0]]

    def _done(self, value: Any, replaced: Callable[[Any], Any]) -> Any:
        for recorder in _recorders_in(value):
            self._do(recorder)
        for function in _functions_in(value):
            # FastMCP looks at a function's annotations, and at the globals that they name.
            replaced(function)
            for name, one in [*function.__globals__.items()]:
                new = replaced(one) if type(one) is Recorder or _is_annotation(one) else one
                if new is not one:
                    function.__globals__[name] = new
        return replaced(value)


def _check(operation: Operation, value: Any) -> None:
    if operation.given_back is not None and value is not operation.given_back:
        raise DeferralError(f"{path_of(operation)} does not give back the function")


def _is_own(module: Any) -> bool:
    return str(module.get("__name__", "")).startswith("mesh.runtime.deferral")


def _is_open(recorder: Recorder) -> bool:
    return recorder.mesh_deferral_value is None


def _package(recorder: Recorder) -> str:
    package: str = recorder.mesh_deferral_operation.package
    return package


def _module_of(recorder: Recorder) -> str:
    module: str = recorder.mesh_deferral_operation.module
    return module


def _attribute(owner: Any, name: str, load: Callable[[str], ModuleType]) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        if type(owner) is not type(sys):
            raise
    # `from package import module` imports it.
    try:
        return load(f"{owner.__name__}.{name}")
    except ModuleNotFoundError:
        raise ImportError(f"cannot import name {name!r} from {owner.__name__!r}") from None


def _recorders_in(value: Any) -> Iterator[Recorder]:
    kind = type(value)
    if kind is Recorder:
        yield value
    elif kind in {list, tuple, set, frozenset}:
        for one in value:
            yield from _recorders_in(one)
    elif kind is dict:
        for one in value.values():
            yield from _recorders_in(one)


def _functions_in(value: Any) -> Iterator[Any]:
    kind = type(value)
    if kind is type(_functions_in):
        yield value
    elif kind in {list, tuple}:
        for one in value:
            yield from _functions_in(one)


def _is_annotation(value: Any) -> bool:
    return type(value).__module__ in {"typing", "types"} and hasattr(value, "__args__")
