"""Finds what authors write: tools, resources and prompts, each a decorated function in a module."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from fastmcp.decorators import get_fastmcp_meta


@dataclass(frozen=True)
class Component:
    """A decorated function, and the module that it stands in."""

    function: Callable[..., Any]
    module: ModuleType

    @property
    def name(self) -> str:
        """What clients call it: what the decorator says, or else the function's name."""
        meta = get_fastmcp_meta(self.function)
        return getattr(meta, "name", None) or self.function.__name__

    @property
    def source(self) -> str | tuple[str, ...]:
        """The sources of knowledge that it needs, one of them; empty for none."""
        needed: str | tuple[str, ...] = getattr(self.module, "SOURCE", ())
        return needed


def components(package: ModuleType, available: frozenset[str]) -> Iterator[Component]:
    """The functions that a FastMCP decorator marks in the modules of a package.

    A module may set `SOURCE` to the knowledge source that it needs, or to a tuple of sources
    of which one is enough; it is left out where none of them is configured.

    Args:
        package: `mcp_app.tools`, `mcp_app.resources` or `mcp_app.prompts`.
        available: names of the sources that are configured.
    """
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        # A function may have several names there.
        for function in dict.fromkeys(
            one for _, one in inspect.getmembers(module, inspect.isfunction)
        ):
            found = Component(function, module)
            needed = {found.source} if isinstance(found.source, str) else {*found.source}
            if needed and available.isdisjoint(needed):
                break
            if function.__module__ == module.__name__ and get_fastmcp_meta(function) is not None:
                # FastMCP takes some annotations as they stand: under `from __future__ import
                # annotations` they stand as text.
                function.__annotations__ = typing.get_type_hints(function, include_extras=True)
                yield found
