"""Pydantic's core schemas as the build froze them, made whole again.

A core schema is plain data, apart from classes, functions and defaults. Those the build wrote
down as references (`mesh.build.fast_path.schemas`); here they are looked up in the modules, which
are imported already. https://docs.pydantic.dev/latest/internals/architecture/

What is frozen is a value of JSON, or a list whose first item says what it is:

- `["list", ...]`, `["tuple", ...]`, `["set", ...]`, `["frozenset", ...]`: items.
- `["name", module, path]`: an object by its module and its path in there.
- `["default", parameter]`: the default of the function's parameter.
- `["operand", module, number, place, text]`: what a module gave to its n-th recorded call, and
  how `mesh.runtime.deferral.fingerprint` writes it.
- `["factory", module, path, field]`: the default factory of a class's field.
- `["pickle", bytes]`: a value of the standard library that cannot be changed, such as a date.
- `["partial", function, positional, named]`: a `functools.partial`.
- `["undefined"]`: `pydantic_core.PydanticUndefined`.
"""

from __future__ import annotations

import sys
from functools import partial

from mesh.runtime.deferral.recorder import real

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from mesh.runtime.deferral.imports import Deferral

EXTENSION = "pydantic_core._pydantic_core"
CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
}


def pydantic_core() -> ModuleType:
    """pydantic-core's extension alone: what it is imported with otherwise costs ten times more."""
    if EXTENSION not in sys.modules:
        from _frozen_importlib import (  # type: ignore[attr-defined]  # at a call
            _load,
        )
        from _frozen_importlib_external import PathFinder

        package, _, _ = EXTENSION.partition(".")
        whole = PathFinder.find_spec(package)
        found = whole and PathFinder.find_spec(EXTENSION, whole.submodule_search_locations)
        if found is None:
            raise ModuleNotFoundError(f"No module named {EXTENSION!r}", name=EXTENSION)
        _load(found)
    return sys.modules[EXTENSION]


def thawed(frozen: Any, function: Any, deferral: Deferral) -> Any:  # noqa: C901, PLR0911 - one for each form
    """The core schema that was frozen.

    Args:
        frozen: See above.
        function: The tool's, imported already.
        deferral: Imports authors' modules.

    Raises:
        Exception: a reference leads nowhere.
    """
    kind = type(frozen)
    if kind is dict:
        return {name: thawed(one, function, deferral) for name, one in frozen.items()}
    if kind is not list:
        return frozen
    what, *rest = frozen
    if what in CONTAINERS:
        return CONTAINERS[what]([thawed(one, function, deferral) for one in rest])
    if what == "name":
        return named(rest[0], rest[1], deferral)
    if what == "default":
        return default_of(function, rest[0])
    if what == "operand":
        return operand(deferral, *rest)
    if what == "factory":
        return fields_of(named(rest[0], rest[1], deferral))[rest[2]].default_factory
    if what == "partial":
        function_, given, keywords = (thawed(one, function, deferral) for one in rest)
        return partial(function_, *given, **keywords)
    if what == "pickle":
        from pickle import loads  # hardly ever

        return loads(rest[0])  # noqa: S301 - the build's
    if what == "undefined":
        return pydantic_core().PydanticUndefined
    raise ValueError(f"a frozen schema has a {what}")


def named(module: str, path: str, deferral: Deferral) -> Any:
    """An object by its module and its path in there."""
    if module == EXTENSION:
        found: Any = pydantic_core()
    elif module.partition(".")[0] == "pydantic":
        deferral.need("pydantic")
        found = deferral.load(module)
    else:
        found = deferral.load(module)
    for name in path.split("."):
        found = real(getattr(found, name))
    return found


def fields_of(owner: Any) -> dict[str, Any]:
    """The fields of a dataclass or a Pydantic model; none for anything else."""
    for name in ("__pydantic_fields__", "__dataclass_fields__"):
        fields = getattr(owner, name, None)
        if type(fields) is dict:
            return fields
    return {}


def default_of(function: Any, parameter: str) -> Any:
    """The default of a function's parameter.

    Raises:
        LookupError: it has none.
    """
    code = function.__code__
    if function.__kwdefaults__ and parameter in function.__kwdefaults__:
        return function.__kwdefaults__[parameter]
    place = code.co_varnames[: code.co_argcount].index(parameter) - code.co_argcount
    return function.__defaults__[place]


def operand(deferral: Deferral, module: str, number: int, place: list[Any], text: str) -> Any:
    """What a module gave to its n-th recorded call, at a place such as `[2, "default"]`.

    Raises:
        LookupError: something else is there.
    """
    from mesh.runtime.deferral.fingerprint import described  # few tools need it

    found: Any = deferral.calls_of(module)[number]
    for one in place:
        found = found[one]
    if described(found) != text:
        raise LookupError(f"{module} did something else in the build")
    return real(found)
