"""What is left of typing at run time once annotations are gone."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

TYPE_CHECKING = False


def cast(_kind: Any, value: Any) -> Any:
    """The value."""
    return value


class _NamedTupleMaker(type):
    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, namespace)
        names = [*namespace.get("__annotations__", {})]
        defaults = [namespace[one] for one in names if one in namespace]
        plain = namedtuple(name, names, defaults=defaults)  # type: ignore[misc]  # noqa: PYI024 - made at run time
        kept = {"__module__", "__qualname__", "__doc__"}
        members = {
            one: value
            for one, value in namespace.items()
            if one not in names and (one in kept or not one.startswith("__"))
        }
        return type(name, (plain,), {**members, "__slots__": ()})


class NamedTuple(metaclass=_NamedTupleMaker):
    """A tuple whose items have names, as `typing.NamedTuple`."""
