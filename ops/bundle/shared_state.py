"""Finds modules that change what other modules hold while they are imported, such as a registry.

On Lambda the fast path imports a tool's module when the tool is called, and FastMCP's way all of
them before. A module that leaves something in another one has to be there in both.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

PLACES = ("tools", "resources", "prompts")
# Deeper than any registry that somebody has to read.
DEPTH = 8
PLAIN = (str, bytes, int, float, complex, bool, type(None))


def shares(package: str) -> dict[str, list[str]]:
    """Import the modules of tools, resources and prompts; by module, the ones that it changed.

    In the order in which they are imported.

    Args:
        package: The first name of the authors' modules.
    """
    found = {}
    before: dict[str, str] = {}
    for name in _modules(package):
        importlib.import_module(name)
        after = {one: _state(module) for one, module in _authors(package)}
        found[name] = sorted(one for one in before if before[one] != after[one])
        before = after
    return found


def _modules(package: str) -> Iterator[str]:
    """In the order in which the server imports them."""
    for place in PLACES:
        above = importlib.import_module(f"{package}.{place}")
        for module in pkgutil.iter_modules(above.__path__):
            yield f"{above.__name__}.{module.name}"


def _authors(package: str) -> list[tuple[str, ModuleType]]:
    # A package itself gets a name for each module below it.
    return [
        (name, module)
        for name, module in [*sys.modules.items()]
        if name.startswith(f"{package}.") and not hasattr(module, "__path__")
    ]


def _state(module: ModuleType) -> str:
    """What a module's names hold, as far as it can be written."""
    package = module.__name__.partition(".")[0]
    seen: dict[int, int] = {}
    return "\n".join(
        f"{name}={_written(value, package, seen, 0)}"
        for name, value in vars(module).items()
        if not name.startswith("__")
    )


def _written(value: Any, package: str, seen: dict[int, int], depth: int) -> str:
    kind = type(value)
    if isinstance(value, PLAIN):
        return f"{kind.__name__} {value!r}"
    if depth > DEPTH or isinstance(value, (ModuleType, FunctionType)):
        return f"{kind.__name__} {id(value)}"
    if id(value) in seen:
        return f"again {seen[id(value)]}"
    seen[id(value)] = len(seen)
    parts: list[Any] = []
    if isinstance(value, Mapping):
        parts = [part for item in [*value.items()] for part in item]
    elif isinstance(value, (list, tuple, set, frozenset)):
        parts = [*value]
    is_class = isinstance(value, type)
    owner = value if is_class else kind
    if str(owner.__module__).partition(".")[0] == package:
        parts += [part for item in [*getattr(value, "__dict__", {}).items()] for part in item]
    written = ",".join(_written(part, package, seen, depth + 1) for part in parts)
    return f"{kind.__name__} {id(value)} [{written}]"
