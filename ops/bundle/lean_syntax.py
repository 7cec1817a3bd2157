"""Syntax trees without what only type checkers, FastMCP and Pydantic read of them."""

from __future__ import annotations

import ast
import re

# The fast path's own modules, which find others by where they are.
NAMED_WHERE_THEY_RUN = "mcp_app.fast_path"


def copied[Kind](node: Kind) -> Kind:
    """A syntax tree's copy, in a fifth of the time that `copy.deepcopy` takes."""
    if isinstance(node, list):
        return [copied(one) for one in node]  # type: ignore[return-value]
    if not isinstance(node, ast.AST):
        return node
    made = type(node).__new__(type(node))
    made.__dict__.update({name: copied(value) for name, value in node.__dict__.items()})
    return made


def is_of_the_class(node: ast.AnnAssign) -> bool:
    """Whether an annotation in a class says `ClassVar`: it is no field."""
    return any(
        (isinstance(one, ast.Name) and one.id == "ClassVar")
        or (isinstance(one, ast.Attribute) and one.attr == "ClassVar")
        or (isinstance(one, ast.Constant) and "ClassVar" in str(one.value))
        for one in ast.walk(node.annotation)
    )


class Stripper(ast.NodeTransformer):
    """Takes it out.

    Args:
        decorators: The names of FastMCP's.
        module: The module's own name: loggers are called by it, wherever its code runs.
    """

    def __init__(self, decorators: frozenset[str], module: str) -> None:
        self._decorators = decorators
        self._module = module
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
        """Leave out type parameters and protocols."""
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
        """Leave out the annotation, but for the name and place of a dataclass's field."""
        self.generic_visit(node)
        if self._in_class and not is_of_the_class(node):
            # A field's name and place are read from the annotations; its type is not.
            node.annotation = ast.copy_location(ast.Constant(""), node.annotation)
            return node
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Give `__name__` as the module's own."""
        if node.id == "__name__" and not self._module.startswith(NAMED_WHERE_THEY_RUN):
            return ast.copy_location(ast.Constant(self._module), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Compile regular expressions now."""
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
