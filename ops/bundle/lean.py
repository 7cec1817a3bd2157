"""Makes `mcp_app_lean` of `mcp_app`: the functions that are asked for, and what they need.

A tool is written with FastMCP's decorator, Pydantic's annotations and dataclasses. To run
it, none of these is needed once its arguments are checked: only its body is, and what that
calls. So, from the syntax trees:

- Annotations, type parameters and FastMCP's decorators are left out.
- Of each module only the definitions stay that are reached from what was asked for, so that
  imports which annotations alone needed disappear.
- `mcp_app.x` is imported as `mcp_app_lean.x`, and a few modules of the standard library as
  their stand-ins in `mcp_app.fast_path.stand_ins`.
- Clients of other services are imported as they are. What needs another third party's package
  cannot be made lean: `NotLeanError` says which. An import within a function that cannot be had
  raises when it is reached, and the request then goes to FastMCP.

Line numbers and file names stay those of the source, so a traceback leads there.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ops.bundle import annotated, kept_state
from ops.bundle.annotated import NotLeanError
from ops.bundle.lean_syntax import Stripper, copied
from ops.bundle.source_module import Import, SourceModule, bindings, inner_imports, names_in

PACKAGE = "mcp_app"
LEAN = "mcp_app_lean"
_STAND_INS = f"{PACKAGE}.fast_path.stand_ins"
# Where a stand-in has not got what is asked for, the original is imported.
STAND_INS = {
    "asyncio": f"{_STAND_INS}.asyncio",
    "dataclasses": f"{_STAND_INS}.dataclasses",
    "typing": f"{_STAND_INS}.typing",
    "fastmcp.exceptions": f"{_STAND_INS}.exceptions",
    "contextvars": f"{_STAND_INS}.contextvars",
    "hashlib": f"{_STAND_INS}.hashlib",
    "hmac": f"{_STAND_INS}.hmac",
    "socket": f"{_STAND_INS}.socket",
    "sqlite3": f"{_STAND_INS}.sqlite3",
    "ssl": f"{_STAND_INS}.ssl",
}
# Imported as they are: what they hold is the same for both ways of an instance.
SHARED = frozenset(
    f"{PACKAGE}.{name}" for name in ("begun_call", "connected", "lifetime", "snapshot", "tls")
)
# Clients of other services: they take values and give values, and look at no annotation of
# whoever calls them. Imported at the first call of a tool that needs them.
CLIENTS = frozenset({"boto3", "botocore", "httpx", "httpx2", "requests", "urllib3"})
# Where authors write what both ways run.
WRITTEN = ("prompts", "resources", "tools")

type Wanted = tuple[str, str]


def _attributes(node: ast.AST, of: str) -> tuple[set[str], bool]:
    """What is taken of a name, and whether it is used otherwise than by its attributes."""
    taken: set[str] = set()
    inner: set[int] = set()
    for one in ast.walk(node):
        if (
            isinstance(one, ast.Attribute)
            and isinstance(one.value, ast.Name)
            and one.value.id == of
        ):
            taken.add(one.attr)
            inner.add(id(one.value))
    bare = any(
        isinstance(one, ast.Name) and one.id == of and id(one) not in inner
        for one in ast.walk(node)
    )
    return taken, bare


@dataclass
class LeanModule:
    """One module of `mcp_app_lean`.

    Attributes:
        name: Such as `mcp_app_lean.tools.documents`.
        is_package: Whether modules lie below it.
        source: The source it was made of, below the task root.
        tree: What is left of it.
    """

    name: str
    is_package: bool
    source: str
    tree: ast.Module


class Lean:
    """Collects what is needed, and writes it out.

    Args:
        root: The folder that holds `mcp_app`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, SourceModule | None] = {}
        self._stripped: dict[int, ast.stmt] = {}
        self._needed: dict[int, list[Wanted]] = {}
        self._closures: dict[Wanted, frozenset[Wanted] | NotLeanError] = {}
        self._kept: set[Wanted] = set()
        self._state: frozenset[Wanted] | None = None

    def add(self, module: str, name: str) -> None:
        """Take in a definition and all that it needs.

        Raises:
            NotLeanError: it needs what cannot be had; nothing is taken in then.
        """
        self._kept |= self._closure((module, name))

    def read(self, module: str, name: str) -> None:
        """See that a definition can be had.

        Raises:
            NotLeanError: it cannot.
        """
        self._closure((module, name))

    def reaches(self, module: str, name: str, other: str) -> bool:
        """Whether a definition needs something of another module.

        Raises:
            NotLeanError: it cannot be had.
        """
        return any(found == other for found, _ in self._closure((module, name)))

    def reaches_client(self, module: str, name: str) -> bool:
        """Whether a definition needs a client of other services.

        Raises:
            NotLeanError: it cannot be had.
        """
        return any(
            one.module.partition(".")[0] in CLIENTS
            for source, names in self._sources(module, name)
            for one in (
                *(source.imports[name] for name in names & source.imports.keys()),
                *_imports_within(source, names),
            )
        )

    def gives_up(self, module: str, name: str) -> str | None:
        """What a definition cannot have once it is running; None where it has all it may need.

        Raises:
            NotLeanError: it cannot be had at all.
        """
        for source, names in self._sources(module, name):
            for one in _imports_within(source, names):
                if isinstance(self._inner_statement(one, "", source.name), ast.Raise):
                    return f"it needs {one.module}"
        return None

    def kept_between_calls(self, module: str, name: str, known: Collection[Wanted]) -> str | None:
        """What a definition needs that calls change; None for nothing.

        Args:
            module: Its module.
            name: Its own.
            known: What is left out, since both ways of an instance see to it.

        Raises:
            NotLeanError: it cannot be had.
        """
        if self._state is None:
            places = [self._root / PACKAGE / one for one in WRITTEN]
            for place in (path for one in places for path in sorted(one.rglob("*.py"))):
                self._module(".".join(place.relative_to(self._root).with_suffix("").parts))
            read = {one.name: one for one in self._modules.values() if one is not None}
            self._state = kept_state.kept(read)
        changed = (self._closure((module, name)) & self._state) - {*known}
        return min((f"{found}.{one}" for found, one in changed), default=None)

    @property
    def taken(self) -> frozenset[Wanted]:
        """What was taken in so far, by module and name."""
        return frozenset(self._kept)

    def modules(self) -> Iterator[LeanModule]:
        """What was taken in, by module, and the packages that they lie in."""
        by_module = _by_module(self._kept)
        for module in [*by_module]:
            parts = module.split(".")
            for length in range(1, len(parts)):
                by_module.setdefault(".".join(parts[:length]), set())
        for module, names in sorted(by_module.items()):
            yield self._written(module, names)

    # --- what is needed

    def _sources(self, module: str, name: str) -> Iterator[tuple[SourceModule, set[str]]]:
        """The modules that a definition needs, each with the names in it."""
        for found, names in sorted(_by_module(self._closure((module, name))).items()):
            source = self._module(found)
            assert source is not None  # noqa: S101 - the closure was made of it
            yield source, names

    def _module(self, name: str) -> SourceModule | None:
        if name not in self._modules:
            self._modules[name] = SourceModule.read(self._root, name)
        return self._modules[name]

    def _closure(self, first: Wanted) -> frozenset[Wanted]:
        known = self._closures.get(first)
        if isinstance(known, NotLeanError):
            raise known
        if known is not None:
            return known
        found: set[Wanted] = set()
        waiting = [first]
        try:
            while waiting:
                wanted = waiting.pop()
                if wanted not in found:
                    found.add(wanted)
                    waiting += self._needs(wanted)
        except NotLeanError as error:
            self._closures[first] = error
            raise
        closure = frozenset(found)
        self._closures[first] = closure
        return closure

    def _needs(self, wanted: Wanted) -> Iterator[Wanted]:
        name, attribute = wanted
        module = self._module(name)
        if module is None:
            raise NotLeanError(f"there is no module {name}")
        if attribute in module.imports:
            yield from self._imported(module.imports[attribute], None, attribute)
            return
        if attribute not in module.definitions:
            if attribute and not self._module(f"{name}.{attribute}"):
                whole = next((one for one, place in STAND_INS.items() if place == name), name)
                raise NotLeanError(f"it needs {whole}.{attribute}")
            return
        statements = [*module.definitions[attribute], *module.effects]
        for statement in statements:
            # Once for each: what runs on import belongs to every name of its module.
            if id(statement) not in self._needed:
                annotated.check(statement, module)
                needed = self._needs_of(module, self._strip(module, statement))
                self._needed[id(statement)] = [*needed]
            yield from self._needed[id(statement)]

    def _needs_of(self, module: SourceModule, statement: ast.stmt) -> Iterator[Wanted]:
        for used in {*names_in(statement)}:
            if used in module.definitions:
                yield module.name, used
            elif used in module.imports:
                yield module.name, used
                yield from self._imported(module.imports[used], statement, used)
        for inner, _ in inner_imports(statement):
            for _, one in bindings(inner, module.name, is_package=module.is_package):
                yield from self._inner(one)

    def _inner(self, one: Import) -> Iterator[Wanted]:
        """An import within a function: without it where it cannot be had.

        Raises:
            NotLeanError: it is asyncio's: what waits finds no event loop.
        """
        if one.module.partition(".")[0] == "asyncio":
            raise NotLeanError(f"it needs {one.module} within a function")
        if _shared(one):
            return
        if one.module.partition(".")[0] == PACKAGE and one.name is not None:
            if self._module(f"{one.module}.{one.name}") is not None:
                raise NotLeanError(f"{one.module}.{one.name} is imported whole within a function")
            try:
                yield from self._closure((one.module, one.name))
            except NotLeanError:
                return
        stand_in = self._stand_in(one)
        if stand_in is not None and one.name is not None:
            yield stand_in, one.name

    def _imported(self, one: Import, statement: ast.stmt | None, local: str) -> Iterator[Wanted]:
        top = one.module.partition(".")[0]
        if _shared(one):
            return
        if top == PACKAGE and one.name is not None:
            if self._module(f"{one.module}.{one.name}") is None:
                yield one.module, one.name
            elif statement is not None:
                taken, bare = _attributes(statement, local)
                if bare:
                    raise NotLeanError(f"{one.module}.{one.name} is used as a value")
                for attribute in taken:
                    yield f"{one.module}.{one.name}", attribute
            return
        stand_in = self._stand_in(one)
        if stand_in is not None:
            taken = (
                {one.name} if one.name else _attributes(statement, local)[0] if statement else set()
            )
            for attribute in taken:
                yield stand_in, str(attribute)
        elif not _as_it_is(top):
            raise NotLeanError(f"it needs {one.module}")

    def _stand_in(self, one: Import) -> str | None:
        """The module that stands in for this one; None where the original has to be imported."""
        stand_in = STAND_INS.get(one.module)
        if stand_in is None:
            return None
        module = self._module(stand_in)
        assert module is not None  # noqa: S101 - ours
        if one.name is not None and one.name not in module.definitions:
            # Of asyncio, what has no stand-in waits, and there is no event loop.
            if _as_it_is(one.module.partition(".")[0]):
                return None
            raise NotLeanError(f"it needs {one.module}.{one.name}")
        return stand_in

    # --- what is written

    def _strip(self, module: SourceModule, statement: ast.stmt) -> ast.stmt:
        if id(statement) not in self._stripped:
            stripped = Stripper(module.decorators, module.name).visit(copied(statement))
            self._stripped[id(statement)] = stripped or ast.copy_location(ast.Pass(), statement)
        return self._stripped[id(statement)]

    def _written(self, name: str, names: set[str]) -> LeanModule:
        module = self._module(name)
        assert module is not None  # noqa: S101 - it was taken in
        chosen = {id(one) for wanted in names for one in module.definitions.get(wanted, [])}
        body: list[ast.stmt] = [
            ast.ImportFrom("__future__", [ast.alias("annotations")], 0, lineno=1, col_offset=0)
        ]
        body += [
            self._import(module.imports[wanted], wanted)
            for wanted in sorted(names & module.imports.keys())
        ]
        kept = [
            statement
            for statement in _in_order(module)
            if id(statement) in chosen or (names and statement in module.effects)
        ]
        body += [self._rewritten(module, self._strip(module, one)) for one in kept]
        source = module.path.relative_to(self._root).as_posix()
        return LeanModule(
            name=name.replace(PACKAGE, LEAN, 1),
            is_package=module.is_package,
            source=source,
            tree=ast.fix_missing_locations(ast.Module(body, [])),
        )

    def _import(self, one: Import, local: str) -> ast.stmt:
        module = self._stand_in(one) or one.module
        if not _shared(one):
            module = module.replace(PACKAGE, LEAN, 1)
        return _import_of(module, one, local)

    def _rewritten(self, module: SourceModule, statement: ast.stmt) -> ast.stmt:
        """The statement with the imports within it leading to what is there."""
        statement = copied(statement)
        for inner, body in inner_imports(statement):
            place = body.index(inner)
            body[place : place + 1] = [
                ast.copy_location(self._inner_statement(one, local, module.name), inner)
                for local, one in bindings(inner, module.name, is_package=module.is_package)
            ]
        return statement

    def _inner_statement(self, one: Import, local: str, within: str) -> ast.stmt:
        top = one.module.partition(".")[0]
        if _shared(one):
            return self._import(one, local)
        # By name it is known what is taken; a stand-in may need its original.
        if one.name is not None and self._stand_in(one) not in {None, within}:
            return self._import(one, local)
        if top == PACKAGE and one.name is not None:
            try:
                self._closure((one.module, one.name))
            except NotLeanError as error:
                return _refusal(str(error))
            return self._import(one, local)
        if top in sys.stdlib_module_names or top in CLIENTS:
            return _import_of(one.module, one, local)
        return _refusal(f"it needs {one.module}")


def _by_module(wanted: Collection[Wanted]) -> dict[str, set[str]]:
    by_module: dict[str, set[str]] = {}
    for module, name in wanted:
        by_module.setdefault(module, set()).add(name)
    return by_module


def _imports_within(module: SourceModule, names: Collection[str]) -> Iterator[Import]:
    """What the definitions of these names, and the module itself, import within them."""
    chosen = [one for name in sorted(names) for one in module.definitions.get(name, ())]
    for statement in (*chosen, *module.effects):
        for inner, _ in inner_imports(statement):
            for _, one in bindings(inner, module.name, is_package=module.is_package):
                yield one


def _import_of(module: str, one: Import, local: str) -> ast.stmt:
    """The import of this module in the place of the one that was written."""
    if one.name is not None:
        alias = ast.alias(one.name, None if local == one.name else local)
        return ast.ImportFrom(module, [alias], 0, lineno=1, col_offset=0)
    if module != one.module:
        package, _, last = module.rpartition(".")
        return ast.ImportFrom(package, [ast.alias(last, local)], 0, lineno=1, col_offset=0)
    plain = local == one.module.partition(".")[0]
    return ast.Import([ast.alias(one.module, None if plain else local)], lineno=1, col_offset=0)


def _as_it_is(top: str) -> bool:
    """Whether the original of this package is imported."""
    return top in CLIENTS or (top in sys.stdlib_module_names and top != "asyncio")


def _shared(one: Import) -> bool:
    return bool({one.module, f"{one.module}.{one.name}"} & SHARED)


def _refusal(why: str) -> ast.stmt:
    """What raises when it is reached."""
    call = ast.Call(ast.Name("ImportError", ast.Load()), [ast.Constant(f"not lean: {why}")], [])
    return ast.Raise(call, None)


def _in_order(module: SourceModule) -> list[ast.stmt]:
    every: Iterable[ast.stmt] = {
        id(one): one
        for one in (*(s for many in module.definitions.values() for s in many), *module.effects)
    }.values()
    return sorted(every, key=lambda one: one.lineno)
