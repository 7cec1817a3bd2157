"""Starts the server as an instance with a fast path does, and says what may be answered by that.

`main` runs in a process of its own, with the project's modules and packages, and gets the place of
the server and the name of a hook as arguments. It reads from standard input, in JSON, `modules`,
the authors' modules to import with FastMCP deferred, and `early` (see
`mesh.runtime.deferral.imports.Deferral`). With `only_fingerprints` it imports them and writes
`modules`. Else it imports them, has FastMCP take over, and writes what
came out of it, in JSON:

- `failed`: by module, why it cannot be imported so; under "" where no module can be named. Then
  nothing else is known.
- `early`: names that have to be resolved at once. Then nothing else is known, either.
- `texts`: by era and tool, what `tools/list` says of it, and `without_tools`, what other methods
  say; to be compared with a plain import.
- `calls` and `off`: how each tool is called without FastMCP, or why it is not.
- `modules`: the fingerprint of each module, and `imports`, the others that each imports.
- `order`: the modules that were imported, and `server`, where the server is if in one of them;
  `maker`, the module that makes it.
- `environment`: the variables that they read while they were imported, with their values.
"""

from __future__ import annotations

import base64
import json
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import FrameType, FunctionType
from typing import Any

# The first names of the authors' modules; set once.
_authors_names: set[str] = set()
# Those of the log, of the loop that counts, and of the call that does.
UNKEPT_REFERENCES = 3
# Modules of the standard library that read the environment for whoever calls them.
READERS = frozenset({"os", "_collections_abc", "collections.abc"})


class Environment:
    """Notes which variables authors' modules read."""

    def __init__(self) -> None:
        self.read: dict[str, str | None] = {}
        self.whole = False
        self.readers: set[str] = set()

    def watch(self) -> None:
        """Note them from here on."""
        kind: Any = type(os.environ)
        get, each, count = kind.__getitem__, kind.__iter__, kind.__len__

        def getitem(environ: Any, name: Any) -> Any:
            if isinstance(name, str) and self._is_asked():
                try:
                    self.read[name] = get(environ, name)
                except KeyError:
                    self.read[name] = None
            return get(environ, name)

        def iterate(environ: Any) -> Any:
            self.whole |= self._is_asked()
            return each(environ)

        def length(environ: Any) -> Any:
            self.whole |= self._is_asked()
            return count(environ)

        kind.__getitem__, kind.__iter__, kind.__len__ = getitem, iterate, length
        self._before = (get, each, count)

    def leave(self) -> None:
        """Note nothing more."""
        kind: Any = type(os.environ)
        kind.__getitem__, kind.__iter__, kind.__len__ = self._before

    def _is_asked(self) -> bool:
        """Whether an author's module asks."""
        name = _author()
        if name is not None:
            self.readers.add(name)
        return name is not None


def _author() -> str | None:
    """The author's module that asks, itself or through a library that it calls."""
    frame: FrameType | None = sys._getframe(3)  # noqa: SLF001 - no public way
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] in _authors_names:
            return name
        if name.startswith(("importlib", "_frozen_importlib", "mesh.")):
            # A library that is being imported asks for itself.
            return None
        frame = frame.f_back
    return None


def _failures(deferral: Any, modules: list[str], prints: dict[str, str]) -> dict[str, str]:
    """Import the modules; why one of them cannot be, and into `prints` the fingerprints of all."""
    from mesh.runtime.deferral.fingerprint import fingerprints

    for name in modules:
        before = set(sys.modules)
        if failed := _failure(deferral, name, partial(deferral.load, name)):
            return failed
        # Now, as on Lambda: what other modules do may change it.
        prints |= fingerprints(deferral.log, _authors(before))
    return {}


def _failure(deferral: Any, module: str, run: Callable[[], object]) -> dict[str, str]:
    """Run an author's code with recorders; by its module, why that cannot be done."""
    try:
        run()
    except BaseException as error:  # noqa: BLE001 - whatever a module raises
        return {module: f"{type(error).__name__}: {error}"}
    if deferral.is_real("fastmcp") or "fastmcp" in sys.modules:
        return {module: "it needs FastMCP while it is imported"}
    return {}


def _looking(modules: list[str]) -> dict[str, str]:
    """The modules that ask on import what else has been imported: without FastMCP, that is less."""
    from mesh.build.fast_path.reachable import looked_up

    found: dict[str, str] = {}
    for name in modules:
        loader: Any = getattr(sys.modules[name].__spec__, "loader", None)
        code = loader.get_code(name) if hasattr(loader, "get_code") else None
        for _, module in looked_up(code) if code else ():
            found.setdefault(name, f"it looks at {module} while it is imported")
    return found


def _unkept(log: list[Any]) -> set[int]:
    """The ids of recorders that nobody keeps: results of statements such as `mcp.mount(other)`."""
    # The log's reference, this loop's, and that of the call.
    return {id(one) for one in log if sys.getrefcount(one) <= UNKEPT_REFERENCES}


def _early(deferral: Any, unkept: set[int]) -> dict[str, str | None]:
    """Names that stand for an exception or for plain data."""
    from mesh.runtime.deferral.imports import EARLY_MODULES
    from mesh.runtime.deferral.recorder import ATTRIBUTE, path_of
    from mesh.runtime.fast_path.schemas import EXTENSION

    early: dict[str, str | None] = {}
    for recorder in deferral.log:
        value, operation = _value_of(recorder), recorder.mesh_deferral_operation
        if not _must_be_real(value) or operation.given_back is not None or id(recorder) in unkept:
            continue
        if operation.module in EARLY_MODULES:
            # They keep it, and only look at it when FastMCP calls them.
            continue
        if operation.kind != ATTRIBUTE:
            raise ValueError(f"{operation.module}: {path_of(operation)} is {type(value).__name__}")
        is_light = getattr(sys.modules[EXTENSION], operation.operands[1], None) is value
        early[path_of(operation)] = EXTENSION if is_light else None
    return early


def _value_of(recorder: Any) -> Any:
    return recorder.mesh_deferral_value[0]


def _must_be_real(value: Any) -> bool:
    if isinstance(value, type):
        return issubclass(value, BaseException)
    if type(value).__module__.startswith("pydantic_core"):
        return False
    plain = (str, bytes, int, float, complex, bool, tuple, list, dict, set, frozenset)
    return value is None or isinstance(value, plain)


def _kept(authors: Mapping[str, Any], log: list[Any]) -> Iterator[tuple[str, int]]:
    """What authors' modules have of FastMCP's early modules: places of recorders in the log."""
    from mesh.runtime.deferral.imports import EARLY_MODULES
    from mesh.runtime.deferral.recorder import is_recorder

    for name, module in authors.items():
        for value in vars(module).values():
            if is_recorder(value) and value.mesh_deferral_operation.module in EARLY_MODULES:
                yield name, next(place for place, one in enumerate(log) if one is value)


def _authors(before: set[str]) -> dict[str, Any]:
    return {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in _authors_names and name not in before
    }


def _imports(authors: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """By module, the authors' modules that it has names of."""
    for name, module in authors.items():
        found = {
            getattr(one, "__name__" if type(one) is type(sys) else "__module__", None)
            for one in vars(module).values()
        }
        yield name, sorted(one for one in authors.keys() - {name} if one in found)


def result(asked: Mapping[str, Any], place: str, hook: str) -> dict[str, Any]:
    """What the module's docstring says."""
    # What the fast path has imported by then is its own, and no author's.
    import mesh.runtime.concurrency.event_loop
    import mesh.runtime.fast_path.front
    import mesh.runtime.fast_path.methods
    import mesh.runtime.observability.uptime  # noqa: F401 - imported early on purpose
    from mesh.runtime.deferral import fingerprint, process, replacement  # noqa: F401 - imported early on purpose

    before = set(sys.modules)
    environment = Environment()
    environment.watch()
    _authors_names.update(asked["authors"])
    module = place.partition(":")[0]
    server = place if module in asked["modules"] else ""
    process.plan(asked["early"], asked["modules"], asked["authors"], server)
    deferral = process.begin()
    prints: dict[str, str] = {}
    failed = _failures(deferral, asked["modules"], prints)
    if not failed:
        recorded_before = len(deferral.log)
        failed = _failure(deferral, module, process.make)
        # Of modules for which the function recorded nothing the fingerprints stay, as on Lambda:
        # recorders may have been replaced since.
        changed = {one.mesh_deferral_operation.module for one in deferral.log[recorded_before:]}
        authors = _authors(before)
        new = {name: one for name, one in authors.items() if name in changed or name not in prints}
        prints |= fingerprint.fingerprints(deferral.log, new)
    environment.leave()
    failed = failed or _looking(asked["modules"])
    if failed:
        return {"failed": failed}
    if asked["only_fingerprints"]:
        return {"modules": prints}
    authors = _authors(before)
    recording = {one.mesh_deferral_operation.module for one in deferral.log}
    recorded = {name: deferral.calls_of(name) for name in authors if name in recording}
    looked_at = {
        name: module
        for name, module in authors.items()
        if name in prints
        and (name in recorded or name in asked["modules"] or name in environment.readers)
    }
    kept = [*_kept(authors, deferral.log)]
    reached = _reached(authors, recorded)
    imports = dict(_imports(authors))
    unkept = _unkept(deferral.log)
    try:
        __import__(process.START)
        early = _early(deferral, unkept)
    except Exception as error:  # noqa: BLE001 - what an operation raises
        named = deferral.failed_module
        culprit = named if named in asked["modules"] else ""
        return {"failed": {culprit: f"{type(error).__name__}: {error}"}}
    if early:
        return {"early": early}
    failed = {
        name: "it uses an exception of the SDK's"
        for name, place in kept
        if _must_be_real(_value_of(deferral.log[place]))
    }
    if failed:
        return {"failed": failed}
    follow = _following(authors)
    return {
        **_catalogue(place, hook, recorded, sorted(looked_at), reached, follow, deferral.log),
        "modules": {name: prints[name] for name in looked_at},
        "imports": imports,
        "order": asked["modules"],
        "server": server,
        "environment": None if environment.whole else environment.read,
    }


def _reached(authors: Mapping[str, Any], recorded: Mapping[str, Any]) -> dict[int, dict[str, str]]:
    """By the id of each function, what of a deferred package its call may come on.

    Args:
        authors: Modules, which keep functions under names.
        recorded: What they gave to recorded calls: functions without names, too.
    """
    from mesh.build.fast_path.reachable import Reachable

    reachable = Reachable(frozenset(_authors_names), authors)
    functions = {
        id(value): value
        for module in authors.values()
        for value in vars(module).values()
        if type(value) is FunctionType
    }
    functions |= {id(value): value for value in _functions_in(recorded)}
    return {name: reachable.from_function(function) for name, function in functions.items()}


def _following(authors: Mapping[str, Any]) -> Callable[[FunctionType], Mapping[str, str]]:
    """The same of any function of an author's, once FastMCP is there."""
    from mesh.build.fast_path.reachable import Reachable

    reachable = Reachable(frozenset(_authors_names), authors)

    def follow(function: FunctionType) -> Mapping[str, str]:
        is_authors = str(function.__module__).partition(".")[0] in _authors_names
        return reachable.from_function(function) if is_authors else {}

    return follow


def _functions_in(value: Any) -> Iterator[FunctionType]:
    kind = type(value)
    if kind is FunctionType:
        yield value
    elif kind in {list, tuple, dict}:
        for one in value.values() if kind is dict else value:
            yield from _functions_in(one)


def _catalogue(
    place: str,
    hook: str,
    recorded: Mapping[str, list[Any]],
    authors: list[str],
    reached: Mapping[int, dict[str, str]],
    follow: Callable[[FunctionType], Mapping[str, str]],
    log: list[Any],
) -> dict[str, Any]:
    from mesh.build.fast_path.answers import ERAS, catalogues_of, tool_pages
    from mesh.build.fast_path.calls import call_of
    from mesh.build.fast_path.schemas import NotFrozenError

    made = catalogues_of(place, hook)
    server = made.whole
    if server.slow_because:
        # FastMCP answers everything, so it is not asked: a lifespan may need what is on AWS only.
        return {"texts": {}, "without_tools": {}, "calls": {}, "off": {}, "maker": ""}
    texts = {era: tool_pages(server, modern=era == "modern")[1] for era in ERAS}
    calls, off = {}, {}
    for name, tool in server.tools().items():
        try:
            call = call_of(tool, recorded, authors, reached, follow)
            calls[name] = base64.b64encode(marshal.dumps(call, 2)).decode()
        except (NotFrozenError, ValueError) as error:
            off[name] = str(error)
    return {
        "texts": texts,
        "without_tools": made.without_tools(),
        "calls": calls,
        "off": off,
        "maker": _maker(server.fastmcp, log, authors),
    }


def _maker(server: Any, log: list[Any], authors: list[str]) -> str:
    """The author's module that makes the server; empty where that was not recorded."""
    from mesh.runtime.deferral.recorder import CALL

    makers = (
        one.mesh_deferral_operation.module
        for one in log
        if one.mesh_deferral_operation.kind == CALL and _value_of(one) is server
    )
    return next((one for one in makers if one in authors), "")


def main() -> None:
    """Write it to standard output. Nothing of FastMCP is imported before recorders are."""
    asked = json.load(sys.stdin)
    # As light as can be:
    from mesh.build.server.question_process import answer, arguments, in_time

    with answer() as output:
        try:
            with in_time():
                found = result(asked, *arguments())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - FastMCP answers where this cannot
            found = {"failed": {"": f"{type(error).__name__}: {error}"}}
        json.dump(found, output)
