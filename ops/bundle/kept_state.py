"""What modules keep from one call to the next, and change.

The fast path and FastMCP each have their own copy of a tool's module. Where a tool changes
what lies in its module, another, or FastMCP calling the same, would see what was there before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from ops.bundle.source_module import SourceModule

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Methods of lists, dicts, sets, queues and counters that change them.
CHANGING = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop"}
    | {"popitem", "popleft", "put", "put_nowait", "remove", "reverse", "setdefault", "sort"}
    | {"subtract", "update", "write", "writelines"}
)
# Where an object is made, setting its attributes changes nothing that was there.
MAKING = frozenset({"__init__", "__new__", "__post_init__", "__set_name__"})


def changed(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """What the functions within change that is not their own.

    Yields:
        Names with attributes, such as `("notes",)` or `("words", "notes")` for `words.notes`.
    """
    for function in _functions(tree):
        nodes = list(ast.walk(function))
        yield from (
            (name,) for node in nodes if isinstance(node, ast.Global) for name in node.names
        )
        paths = [path for node in nodes for path in map(_path, _targets(node)) if path]
        if paths:
            own = _own_names(nodes)
            yield from (path for path in paths if path[0] not in own)


def changing_classes(tree: ast.Module) -> Iterator[str]:
    """The classes whose methods change their own objects."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(map(_changes_itself, _functions(node))):
            yield node.name


def instances(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names of a module that are bound to what a call gives, each with what is called."""
    for node in tree.body:
        match node:
            case ast.Assign(targets, ast.Call(called)):
                names = [one.id for one in targets if isinstance(one, ast.Name)]
            case ast.AnnAssign(ast.Name(name), _, ast.Call(called)):
                names = [name]
            case _:
                continue
        yield from ((name, path) for name in names if (path := _path(called)))


def _changes_itself(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*method.args.posonlyargs, *method.args.args]
    if not arguments or method.name in MAKING:
        return False
    first = arguments[0].arg
    return any(
        len(path) > 1 and path[0] == first
        for node in ast.walk(method)
        for path in map(_path, _targets(node, deep=True))
    )


def _targets(node: ast.AST, *, deep: bool = False) -> Iterator[ast.expr]:
    """What a statement or a call changes in place; with `deep`, attributes whole."""
    match node:
        case ast.Subscript(value, _, ast.Store() | ast.Del()):
            yield value
        case ast.Attribute(value, _, ast.Store() | ast.Del()):
            yield node if deep else value
        case ast.Call(ast.Attribute(value, method)) if method in CHANGING:
            yield value


def _path(node: ast.expr) -> tuple[str, ...]:
    """A name and the attributes taken of it; empty for anything else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute):
            attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else ()


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (one for one in ast.walk(tree) if isinstance(one, FUNCTIONS))


def _own_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """What a function of these nodes binds itself: arguments, and what it assigns to."""
    named: set[str] = set()
    shared: set[str] = set()
    for node in nodes:
        match node:
            case ast.arg(name) | ast.Name(name, ast.Store()):
                named.add(name)
            case ast.Global(names) | ast.Nonlocal(names):
                shared |= {*names}
            case ast.ExceptHandler(_, str() as name):
                named.add(name)
    return frozenset(named - shared)


def kept(modules: Mapping[str, SourceModule]) -> frozenset[tuple[str, str]]:
    """What functions of these modules change in any of them.

    Args:
        modules: By name.

    Returns:
        Modules, each with a name in it.
    """
    found = {
        place
        for module in modules.values()
        for path in changed(module.tree)
        for place in _places(module, path)
    }
    classes = {(name, one) for name in modules for one in changing_classes(modules[name].tree)}
    found |= {
        (module.name, name)
        for module in modules.values()
        for name, path in instances(module.tree)
        if not classes.isdisjoint(_places(module, path))
    }
    return frozenset(found)


def _places(module: SourceModule, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Where that may be defined what a module calls so."""
    first, *attributes = path
    if first in module.definitions:
        yield module.name, first
    elif (one := module.imports.get(first)) is not None:
        whole = one.module if one.name is None else f"{one.module}.{one.name}"
        if one.name is not None:
            yield one.module, one.name
        if attributes:
            yield whole, attributes[0]
