"""Makes `mcp_app_lean` of `mcp_app`: the functions that are asked for, and what they need.

A tool is written with FastMCP's decorator, Pydantic's annotations and dataclasses. To run
it, none of these is needed once its arguments are checked: only its body is, and what that
calls. So, from the syntax trees:

- Annotations, type parameters and FastMCP's decorators are left out.
- Of each module only the definitions stay that are reached from what was asked for, so that
  imports which annotations alone needed disappear.
- `mcp_app.x` is imported as `mcp_app_lean.x`, and a few modules of the standard library as
  their stand-ins in `mcp_app.fast_path.stand_ins`.
- What still needs a third party's package cannot be made lean: `NotLeanError` says which. An
  import within a function that cannot be had raises when it is reached, and the request then
  goes to FastMCP.

Line numbers and file names stay those of the source, so a traceback leads there.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

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
SHARED = frozenset(f"{PACKAGE}.{name}" for name in ("connected", "lifetime", "snapshot", "tls"))
DECORATORS_OF = "fastmcp"

type Wanted = tuple[str, str]


class NotLeanError(Exception):
    """It cannot be had without a third party's package; the message says which, and where."""


@dataclass(frozen=True)
class Import:
    """What an import statement binds to one name.

    Attributes:
        module: The absolute module, such as `mcp_app.deployment`.
        name: What of it; None for the module itself.
    """

    module: str
    name: str | None


def _copied[Kind](node: Kind) -> Kind:
    """A syntax tree's copy, in a fifth of the time that `copy.deepcopy` takes."""
    if isinstance(node, list):
        return [_copied(one) for one in node]  # type: ignore[return-value]
    if not isinstance(node, ast.AST):
        return node
    made = type(node).__new__(type(node))
    made.__dict__.update({name: _copied(value) for name, value in node.__dict__.items()})
    return made


class _Stripper(ast.NodeTransformer):
    """Takes out what only type checkers, FastMCP and Pydantic read."""

    def __init__(self, decorators: frozenset[str]) -> None:
        self._decorators = decorators
        self._in_class = False

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        node.type_params = []
        node.decorator_list = [one for one in node.decorator_list if not self._dropped(one)]
        arguments = node.args
        given = [arguments.vararg, arguments.kwarg]
        for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *given):
            if argument is not None:
                argument.annotation = None
        outside, self._in_class = self._in_class, False
        self.generic_visit(node)
        self._in_class = outside
        return node

    visit_FunctionDef = _function  # noqa: N815 - the visitor's names
    visit_AsyncFunctionDef = _function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.type_params = []
        node.bases = [
            base
            for base in node.bases
            if not (isinstance(base, ast.Name) and base.id == "Protocol")
        ]
        outside, self._in_class = self._in_class, True
        self.generic_visit(node)
        self._in_class = outside
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        self.generic_visit(node)
        if self._in_class:
            # A field's name and place are read from the annotations; its type is not.
            node.annotation = ast.copy_location(ast.Constant(""), node.annotation)
            return node
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(
                ast.Attribute(ast.Name("re"), "compile"), [ast.Constant(str(pattern))], []
            ):
                return ast.copy_location(compiled_pattern(pattern), node)
        return node

    def _dropped(self, decorator: ast.expr) -> bool:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        while isinstance(called, ast.Attribute):
            called = called.value
        return isinstance(called, ast.Name) and called.id in self._decorators


def compiled_pattern(pattern: str) -> ast.expr:
    """What gives a regular expression without compiling it at run time: 1 ms for each.

    As `re` itself does it at the end of compiling. The instructions are those of this
    interpreter, as the bytecode is; `_sre` checks them when they are loaded.
    """
    parsed = re._parser.parse(pattern, 0)  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public gives them
    code = re._compiler._code(parsed, 0)  # type: ignore[attr-defined]  # noqa: SLF001
    groups = parsed.state.groupdict
    names: list[str | None] = [None] * parsed.state.groups
    for name, number in groups.items():
        names[number] = name
    flags = parsed.state.flags
    arguments = f"{pattern!r}, {flags}, {list(map(int, code))}, {parsed.state.groups - 1}"
    call = f"__import__('_sre').compile({arguments}, {groups!r}, {tuple(names)!r})"
    return ast.parse(call, mode="eval").body


def _names(node: ast.AST) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


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
class _Module:
    """A module of the package, its statements by what they define."""

    name: str
    path: Path
    is_package: bool
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, name: str) -> _Module | None:
        """The module; None where there is none of this name."""
        place = root.joinpath(*name.split("."))
        for path, is_package in ((place / "__init__.py", True), (place.with_suffix(".py"), False)):
            if path.is_file():
                module = cls(name, path, is_package)
                module._index(ast.parse(path.read_bytes(), str(path)))
                return module
        return None

    @cached_property
    def decorators(self) -> frozenset[str]:
        return frozenset(
            name
            for name, one in self.imports.items()
            if one.module.partition(".")[0] == DECORATORS_OF
        )

    def _index(self, tree: ast.Module) -> None:
        for statement in tree.body:
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.imports |= dict(bindings(statement, self.name, is_package=self.is_package))
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self._define([statement.name], statement)
                case ast.TypeAlias():
                    self._define([statement.name.id], statement)
                case ast.Assign():
                    self._define([one for to in statement.targets for one in _names(to)], statement)
                case ast.AnnAssign() | ast.AugAssign():
                    self._define(list(_names(statement.target)), statement)
                case ast.Try():
                    inner = (one for one, _ in _inner_imports(statement))
                    bound = [
                        n for one in inner for n, _ in bindings(one, self.name, is_package=False)
                    ]
                    self._define(bound, statement)
                case ast.Expr(ast.Constant()):
                    pass
                case ast.If(ast.Name("TYPE_CHECKING")):
                    pass
                case _:
                    self.effects.append(statement)

    def _define(self, names: list[str], statement: ast.stmt) -> None:
        for name in names:
            self.definitions.setdefault(name, []).append(statement)


def bindings(
    statement: ast.Import | ast.ImportFrom, module: str, *, is_package: bool
) -> Iterator[tuple[str, Import]]:
    """The names that an import statement binds, each with what."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            yield alias.asname or whole, Import(whole if alias.asname else alias.name, None)
        return
    base = statement.module or ""
    if statement.level:
        parts = module.split(".")
        up = parts[: len(parts) - statement.level + is_package]
        base = ".".join([*up, base] if base else up)
    if base != "__future__":
        for alias in statement.names:
            yield alias.asname or alias.name, Import(base, alias.name)


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
        self._modules: dict[str, _Module | None] = {}
        self._stripped: dict[int, ast.stmt] = {}
        self._closures: dict[Wanted, frozenset[Wanted] | NotLeanError] = {}
        self._kept: set[Wanted] = set()

    def add(self, module: str, name: str) -> None:
        """Take in a definition and all that it needs.

        Raises:
            NotLeanError: it needs what cannot be had; nothing is taken in then.
        """
        self._kept |= self._closure((module, name))

    def reaches(self, module: str, name: str, other: str) -> bool:
        """Whether a definition needs something of another module.

        Raises:
            NotLeanError: it cannot be had.
        """
        return any(found == other for found, _ in self._closure((module, name)))

    def modules(self) -> Iterator[LeanModule]:
        """What was taken in, by module, and the packages that they lie in."""
        by_module: dict[str, set[str]] = {}
        for module, name in self._kept:
            by_module.setdefault(module, set()).add(name)
        for module in [*by_module]:
            parts = module.split(".")
            for length in range(1, len(parts)):
                by_module.setdefault(".".join(parts[:length]), set())
        for module, names in sorted(by_module.items()):
            yield self._written(module, names)

    # --- what is needed

    def _module(self, name: str) -> _Module | None:
        if name not in self._modules:
            self._modules[name] = _Module.read(self._root, name)
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
            yield from self._needs_of(module, self._strip(module, statement))

    def _needs_of(self, module: _Module, statement: ast.stmt) -> Iterator[Wanted]:
        for used in {*_names(statement)}:
            if used in module.definitions:
                yield module.name, used
            elif used in module.imports:
                yield module.name, used
                yield from self._imported(module.imports[used], statement, used)
        for inner, _ in _inner_imports(statement):
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
        elif top in {PACKAGE, "asyncio"} or top not in sys.stdlib_module_names:
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
            top = one.module.partition(".")[0]
            if top in sys.stdlib_module_names and top != "asyncio":
                return None
            raise NotLeanError(f"it needs {one.module}.{one.name}")
        return stand_in

    # --- what is written

    def _strip(self, module: _Module, statement: ast.stmt) -> ast.stmt:
        if id(statement) not in self._stripped:
            stripped = _Stripper(module.decorators).visit(_copied(statement))
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

    def _rewritten(self, module: _Module, statement: ast.stmt) -> ast.stmt:
        """The statement with the imports within it leading to what is there."""
        statement = _copied(statement)
        for inner, body in _inner_imports(statement):
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
        if top in sys.stdlib_module_names:
            return _import_of(one.module, one, local)
        return _refusal(f"it needs {one.module}")


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


def _shared(one: Import) -> bool:
    return bool({one.module, f"{one.module}.{one.name}"} & SHARED)


def _refusal(why: str) -> ast.stmt:
    """What raises when it is reached."""
    call = ast.Call(ast.Name("ImportError", ast.Load()), [ast.Constant(f"not lean: {why}")], [])
    return ast.Raise(call, None)


def _inner_imports(
    statement: ast.stmt,
) -> list[tuple[ast.Import | ast.ImportFrom, list[ast.stmt]]]:
    """The imports within a statement, each with the block that it stands in."""
    found = []
    for node in ast.walk(statement):
        for block in ("body", "orelse", "finalbody"):
            inside = getattr(node, block, None)
            if isinstance(inside, list):
                found += [
                    (one, inside) for one in inside if isinstance(one, ast.Import | ast.ImportFrom)
                ]
    return found


def _in_order(module: _Module) -> list[ast.stmt]:
    every: Iterable[ast.stmt] = {
        id(one): one
        for one in (*(s for many in module.definitions.values() for s in many), *module.effects)
    }.values()
    return sorted(every, key=lambda one: one.lineno)
