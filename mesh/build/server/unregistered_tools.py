"""Functions that look like tools and are none, for the build's report.

In a module that registers tools with a decorator, a public function with a docstring that nothing
uses has probably lost its own decorator.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

type Function = ast.FunctionDef | ast.AsyncFunctionDef


def forgotten_tools(files: Iterable[tuple[str, Path]]) -> list[str]:
    """A sentence for each such function.

    Args:
        files: The project's, with their paths in the zip.
    """
    modules = {}
    for name, path in files:
        if path.suffix == ".py":
            try:
                modules[name] = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                # Compiling it says what is wrong.
                continue
    used = {name for module in modules.values() for name in _used(module)}
    return [
        f"{name}, line {function.lineno}: nothing uses {function.name}, and it is no tool. "
        f"If it should be one, write @{decorator} above it."
        for name, module in modules.items()
        for decorator in _decorators(module)
        for function in _functions(module)
        if _looks_like_a_tool(function) and function.name not in used
    ]


def _functions(module: ast.Module) -> list[Function]:
    return [one for one in module.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]


def _decorators(module: ast.Module) -> list[str]:
    """The decorator that makes tools in a module, such as `mcp.tool`; at most one."""
    found = {
        ast.unparse(decorated)
        for function in _functions(module)
        for one in function.decorator_list
        for decorated in [one.func if isinstance(one, ast.Call) else one]
        if isinstance(decorated, ast.Attribute) and decorated.attr == "tool"
    }
    return sorted(found)[:1]


def _looks_like_a_tool(function: Function) -> bool:
    return (
        not function.decorator_list
        and not function.name.startswith("_")
        and ast.get_docstring(function) is not None
    )


def _used(module: ast.Module) -> Iterator[str]:
    """All names that a module reads, in code or in words."""
    for node in ast.walk(module):
        match node:
            case ast.Name(name, ast.Load()) | ast.Attribute(_, name) | ast.alias(name):
                yield name
            case ast.Constant(str() as text):
                yield text.rpartition(":")[2].rpartition(".")[2]
