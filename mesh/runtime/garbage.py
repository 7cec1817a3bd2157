"""Imports without looking for garbage: what they make stays."""

from __future__ import annotations

import gc
import importlib

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def imported(module: str) -> ModuleType:
    """The module; what is there after its import is never looked at again.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    if not gc.isenabled():
        # Whoever has switched it off will freeze.
        return importlib.import_module(module)
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()
