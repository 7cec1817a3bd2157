"""Modules that others import for a function or an annotation: loaded when that is used.

While FastMCP is imported, a stand-in lies in `sys.modules` in each one's place, with the few
names that are asked for; afterwards it is gone, and whoever imports the module gets it. What
kept a name of a stand-in, kept a function that loads the module and calls what it is named for.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# By module: the names that FastMCP imports from it; each is called, or only annotates.
STAND_INS: dict[str, tuple[str, ...]] = {
    # Called by fastmcp.utilities.logging; FastMCP's own logging is off here.
    "rich.console": ("Console",),
    "rich.logging": ("RichHandler",),
    # Called by fastmcp.server.auth for an assertion of identity; brings cryptography along.
    "joserfc.jws": ("extract_compact",),
    # Annotates `create_proxy` in fastmcp.server.server.
    "fastmcp.mcp_config": ("MCPConfig",),
}
# Not there, as far as FastMCP is told: sse_starlette would have uvicorn's server end streams,
# and serves without.
ABSENT = ("uvicorn.main",)


def _calling(module: str, name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        return getattr(importlib.import_module(module), name)(*arguments, **named)

    call.__name__ = call.__qualname__ = name
    return call


@contextmanager
def installed() -> Iterator[None]:
    """Within this, stand-ins are imported in the place of modules that are not there yet."""
    stand_ins: dict[str, ModuleType | None] = {}
    for module, names in STAND_INS.items():
        if module not in sys.modules:
            made = ModuleType(module)
            made.__dict__.update({name: _calling(module, name) for name in names})
            sys.modules[module] = stand_ins[module] = made
    for module in ABSENT:
        if module not in sys.modules:
            # https://docs.python.org/3/library/sys.html#sys.modules
            sys.modules[module] = stand_ins[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for module, stand_in in stand_ins.items():
            if sys.modules.get(module, stand_ins) is stand_in:
                del sys.modules[module]
