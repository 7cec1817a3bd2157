"""The protocol's wire models: those of an era are loaded with the first message of that era.

`mcp_types.methods` has tables by method and protocol version of what a message must look like.
Behind them stand two modules of generated models, one up to 2025-11-25 and one of 2026-07-28;
a client speaks one of both. While the tables are made, each entry is noted by name; an entry
becomes its model when it is looked up.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema

from mesh.runtime.lean import models

METHODS = "mcp_types.methods"
ERAS = ("mcp_types._v2025_11_25", "mcp_types._v2026_07_28")


class NamedType:
    """A type of a module that is not loaded yet."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._name = name

    def loaded(self) -> Any:
        """The type itself."""
        with models.deferred():
            return getattr(importlib.import_module(self._module), self._name)

    def __get_pydantic_core_schema__(
        self, _source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """What the type itself has, for the one adapter that the SDK makes on import."""
        return handler.generate_schema(self.loaded())


class Table[Key](Mapping[Key, Any]):
    """One of the tables; gives types, and never their names.

    Args:
        entries: Types by method and version, loaded or not.
    """

    def __init__(self, entries: Mapping[Key, Any]) -> None:
        self._entries = dict(entries)

    def __getitem__(self, key: Key) -> Any:
        found = self._entries[key]
        if isinstance(found, NamedType):
            found = self._entries[key] = found.loaded()
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[Key]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _stand_in(era: str) -> ModuleType:
    stand_in = ModuleType(era)

    def named(name: str) -> NamedType:
        if name.startswith("__"):
            raise AttributeError(name)
        return NamedType(era, name)

    stand_in.__dict__["__getattr__"] = named
    return stand_in


def _put_tables_into(methods: ModuleType) -> None:
    """Replace the tables, also where functions have one as a default."""
    tables = {
        name: (found, Table(found))
        for name, found in vars(methods).items()
        if isinstance(found, Mapping)
        and any(isinstance(entry, NamedType) for entry in found.values())
    }
    for name, (_, table) in tables.items():
        setattr(methods, name, table)
    for function in vars(methods).values():
        if isinstance(function, FunctionType) and function.__kwdefaults__:
            for name, default in function.__kwdefaults__.items():
                for found, table in tables.values():
                    if default is found:
                        function.__kwdefaults__[name] = table


@contextmanager
def deferred() -> Iterator[None]:
    """Within this, the SDK is imported without the wire models."""
    if METHODS in sys.modules or any(era in sys.modules for era in ERAS):
        yield
        return
    stand_ins = {era: _stand_in(era) for era in ERAS}
    sys.modules.update(stand_ins)
    try:
        _put_tables_into(importlib.import_module(METHODS))
        yield
    finally:
        for era, stand_in in stand_ins.items():
            if sys.modules.get(era) is stand_in:
                del sys.modules[era]
