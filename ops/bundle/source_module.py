"""Modules of the package as `ops.bundle.lean` reads them: what each name is bound to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

DECORATORS_OF = "fastmcp"


@dataclass(frozen=True)
class Import:
    """What an import statement binds to one name.

    Attributes:
        module: The absolute module, such as `mcp_app.deployment`.
        name: What of it; None for the module itself.
    """

    module: str
    name: str | None


def names_in(node: ast.AST) -> Iterator[str]:
    """The names in an expression or a statement."""
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


@dataclass
class SourceModule:
    """A module of the package, its statements by what they define.

    Attributes:
        name: Such as `mcp_app.tools.documents`.
        path: Its source.
        is_package: Whether modules lie below it.
        tree: What the source says.
        definitions: By the name that they bind, functions, classes and assignments.
        imports: By the name that they bind.
        effects: Whatever else runs on import.
    """

    name: str
    path: Path
    is_package: bool
    tree: ast.Module
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, Import] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, name: str) -> SourceModule | None:
        """The module; None where there is none of this name."""
        place = root.joinpath(*name.split("."))
        for path, is_package in ((place / "__init__.py", True), (place.with_suffix(".py"), False)):
            if path.is_file():
                module = cls(name, path, is_package, ast.parse(path.read_bytes(), str(path)))
                module._index()
                return module
        return None

    @cached_property
    def decorators(self) -> frozenset[str]:
        """The names that are FastMCP's."""
        return frozenset(
            name
            for name, one in self.imports.items()
            if one.module.partition(".")[0] == DECORATORS_OF
        )

    def _index(self) -> None:
        for statement in self.tree.body:
            match statement:
                case ast.Import() | ast.ImportFrom():
                    self.imports |= dict(bindings(statement, self.name, is_package=self.is_package))
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self._define([statement.name], statement)
                case ast.TypeAlias():
                    self._define([statement.name.id], statement)
                case ast.Assign():
                    self._define(
                        [one for to in statement.targets for one in names_in(to)], statement
                    )
                case ast.AnnAssign() | ast.AugAssign():
                    self._define(list(names_in(statement.target)), statement)
                case ast.Try():
                    inner = (one for one, _ in inner_imports(statement))
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


def inner_imports(
    statement: ast.stmt,
) -> list[tuple[ast.Import | ast.ImportFrom, list[ast.stmt]]]:
    """The imports within a statement, each with the block that it stands in."""
    found = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop(0)
        # Statements only: there are ten times as many expressions.
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            inside = getattr(node, block, None)
            if isinstance(inside, list):
                waiting += inside
                found += [
                    (one, inside) for one in inside if isinstance(one, ast.Import | ast.ImportFrom)
                ]
    return found
