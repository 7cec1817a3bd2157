"""Code that does otherwise once its annotations are gone, as they are in `mcp_app_lean`."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from ops.bundle.source_module import SourceModule

PACKAGE = "mcp_app"
# Of the standard library, what reads annotations while it runs.
READERS = frozenset(
    {"annotationlib.get_annotations", "inspect.get_annotations", "inspect.signature"}
    | {"functools.singledispatch", "functools.singledispatchmethod", "typing.get_type_hints"}
)
ATTRIBUTES = frozenset({"__annotations__", "__annotate__"})
# What `mcp_app.fast_path.stand_ins.dataclasses` knows of the original.
DATACLASS_OPTIONS = frozenset({"frozen", "slots", "kw_only"})
FIELD_OPTIONS = frozenset({"default", "default_factory", "repr"})
# Annotations that change what a dataclass is made of.
SPECIAL_FIELDS = frozenset({"dataclasses.InitVar", "dataclasses.KW_ONLY"})


class NotLeanError(Exception):
    """It cannot be had without FastMCP, or what that brings; the message says what, and where."""


def check(statement: ast.stmt, module: SourceModule) -> None:
    """See that a statement does the same without annotations.

    Args:
        statement: One of the module's own, as it was written.
        module: Says what its names are.

    Raises:
        NotLeanError: it does not, or it is made by somebody who may look at them.
    """
    for node in ast.walk(statement):
        match node:
            case ast.Name() | ast.Attribute():
                name = _known(node, module)
                if name in READERS or (isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES):
                    raise NotLeanError(f"{ast.unparse(node)} reads annotations")
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                _check_decorators(node, module)
            case ast.ClassDef():
                _check_decorators(node, module)
                _check_class(node, module)


def _known(node: ast.expr, module: SourceModule) -> str | None:
    """What is imported under a name, such as `dataclasses.field`; None for what is not."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    one = module.imports.get(node.id) if isinstance(node, ast.Name) else None
    if one is None:
        return None
    imported = [one.module] if one.name is None else [one.module, one.name]
    return ".".join([*imported, *reversed(attributes)])


def _check_decorators(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, module: SourceModule
) -> None:
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = _known(called, module)
        if name is None or set(_roots(called)) & module.decorators:
            continue
        top = name.partition(".")[0]
        if top != PACKAGE and top not in sys.stdlib_module_names:
            raise NotLeanError(f"{node.name} is decorated by {name}")
        if name == "dataclasses.dataclass" and isinstance(decorator, ast.Call):
            _check_options(decorator, DATACLASS_OPTIONS, f"{node.name} is a dataclass")


def _check_class(node: ast.ClassDef, module: SourceModule) -> None:
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign)]
    for base in node.bases:
        name = _known(base.value if isinstance(base, ast.Subscript) else base, module)
        top = (name or PACKAGE).partition(".")[0]
        if fields and top != PACKAGE and top not in sys.stdlib_module_names:
            raise NotLeanError(f"{node.name} is a {name}, which may read annotations")
    for one in fields:
        for part in ast.walk(one.annotation):
            if isinstance(part, ast.expr) and _known(part, module) in SPECIAL_FIELDS:
                raise NotLeanError(f"{node.name} has the field {ast.unparse(one)}")
        if (
            isinstance(one.value, ast.Call)
            and _known(one.value.func, module) == "dataclasses.field"
        ):
            _check_options(one.value, FIELD_OPTIONS, f"{node.name} has a field")


def _check_options(call: ast.Call, known: frozenset[str], what: str) -> None:
    beyond = sorted({str(one.arg) for one in call.keywords} - known)
    if beyond:
        raise NotLeanError(f"{what} with {', '.join(beyond)}")


def _roots(node: ast.expr) -> Iterator[str]:
    return (one.id for one in ast.walk(node) if isinstance(one, ast.Name))
