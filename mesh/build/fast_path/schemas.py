"""Freezes the core schemas that FastMCP validates arguments and writes results with.

A core schema is plain data, apart from classes, functions and defaults. Those become references,
which `mesh.runtime.fast_path.schemas` looks up; its docstring has the form. What cannot be referred
to makes the tool FastMCP's.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from types import FunctionType, MethodType, ModuleType
from typing import Any

from mesh.runtime.deferral.fingerprint import described
from mesh.runtime.fast_path.schemas import fields_of

# Of these modules, values that nobody can change; they are frozen whole.
VALUES = frozenset(
    {"datetime", "decimal", "fractions", "ipaddress", "operator", "pathlib", "re", "uuid"}
)
PLAIN = (str, bytes, int, float, bool, type(None))
CONTAINERS: Mapping[type, str] = {
    list: "list",
    tuple: "tuple",
    set: "set",
    frozenset: "frozenset",
}
# Of what a schema says only to whoever describes it in JSON Schema.
UNUSED = frozenset({"metadata"})
NAMES_OF_SCHEMAS = frozenset({"ref", "schema_ref"})


class NotFrozenError(Exception):
    """A schema that cannot be written down; the message says what stands in the way."""


class Freezer:
    """Freezes the schemas of one tool.

    Args:
        function: The tool's.
        recorded: What each author's module gave to its operations, in their order.
        authors: The names of the authors' modules.
    """

    def __init__(
        self, function: Any, recorded: Mapping[str, Sequence[Any]], authors: Sequence[str]
    ) -> None:
        self._defaults = dict(_defaults(function))
        self._recorded = recorded
        self._authors = authors
        self._names: dict[str, str] = {}

    def frozen(self, schema: Any) -> Any:
        """The schema in the form that `mesh.runtime.fast_path.schemas` reads.

        Raises:
            NotFrozenError: it cannot be written down.
        """
        if type(schema) in PLAIN:
            return schema
        for name, default in self._defaults.items():
            # The very object: a function may ask whether it was given its default.
            if default is schema:
                return ["default", name]
        if type(schema) is dict:
            return self._dict(schema)
        if type(schema) in CONTAINERS:
            items = schema if type(schema) in {list, tuple} else sorted(schema, key=repr)
            return [CONTAINERS[type(schema)], *map(self.frozen, items)]
        return self._reference(schema)

    def _dict(self, schema: Mapping[Any, Any]) -> dict[str, Any]:
        is_schema = isinstance(schema.get("type"), str)
        made = {}
        for name, value in schema.items():
            if not isinstance(name, str):
                raise NotFrozenError(f"a schema has {name!r} as a name")
            if is_schema and name in UNUSED:
                continue
            if is_schema and name in NAMES_OF_SCHEMAS:
                # They hold addresses in memory, and the zip is the same each time.
                made[name] = self._names.setdefault(value, f"s{len(self._names)}")
            else:
                made[name] = self.frozen(value)
        return made

    def _reference(self, value: Any) -> list[Any]:
        from pydantic_core import PydanticUndefined

        if value is PydanticUndefined:
            return ["undefined"]
        if not isinstance(value, type) and type(value).__module__.partition(".")[0] in VALUES:
            # Not by an author's name for it, which may be given to something else.
            return ["pickle", pickle.dumps(value, protocol=5)]
        for module, path in _names_of(value, self._authors):
            if _leads_to(module, path, value):
                _check(module)
                return ["name", module, path]
        field = field_of(value)
        if field is not None:
            return ["factory", *field]
        for module, operations in self._recorded.items():
            for number, operands in enumerate(operations):
                place = place_of(value, operands)
                if place is not None and type(value) is FunctionType:
                    return ["operand", module, number, place, described(value)]
        if type(value) is partial:
            return ["partial", *map(self.frozen, (value.func, value.args, value.keywords))]
        raise NotFrozenError(f"{_described(value)} has no name that leads to it")


def field_of(value: Any) -> list[str] | None:
    """Of which field a function is the default factory: its module, class and name.

    Most such functions are lambdas, which have no name of their own.
    """
    if type(value) is not FunctionType:
        return None
    path, _, _ = value.__qualname__.rpartition(".")
    owner: Any = sys.modules.get(value.__module__)
    for name in path.split("."):
        owner = vars(owner).get(name) if isinstance(owner, (type, ModuleType)) else None
    for name, field in fields_of(owner).items():
        if getattr(field, "default_factory", None) is value:
            return [value.__module__, path, name]
    return None


def _check(module: str) -> None:
    if module.partition(".")[0] in {"fastmcp", "mcp", "mcp_types"}:
        raise NotFrozenError(f"it needs {module}")


def _defaults(function: Any) -> Iterator[tuple[str, Any]]:
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    pairs = zip(positional[len(positional) - len(defaults) :], defaults, strict=True)
    for name, default in [*pairs, *(function.__kwdefaults__ or {}).items()]:
        if type(default) not in PLAIN:
            yield name, default


def _names_of(value: Any, authors: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Where a value may be found, by module and path."""
    if isinstance(value, Enum):
        yield type(value).__module__, f"{type(value).__qualname__}.{value.name}"
        return
    if isinstance(value, MethodType):
        for module, path in _names_of(value.__self__, authors):
            yield module, f"{path}.{value.__name__}"
    place = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(place[0], str) and isinstance(place[1], str):
        yield place[0], place[1]
    for author in authors:
        for name, found in vars(sys.modules[author]).items():
            if found is value:
                yield author, name


def _leads_to(module: str, path: str, value: Any) -> bool:
    found = sys.modules.get(module)
    for name in path.split("."):
        if found is None or "<" in name:
            return False
        found = getattr(found, name, None)
    # A bound method is made again each time.
    return found is value or (isinstance(value, MethodType) and found == value)


def place_of(value: Any, operands: Any) -> list[Any] | None:
    """Where among an operation's operands a value is."""
    if operands is value:
        return []
    items: Any = ()
    if type(operands) in {list, tuple}:
        items = enumerate(operands)
    elif type(operands) is dict:
        items = operands.items()
    for key, one in items:
        found = place_of(value, one)
        if found is not None:
            return [key, *found]
    return None


def _described(value: Any) -> str:
    name = getattr(value, "__qualname__", None) or type(value).__qualname__
    return str(name)
