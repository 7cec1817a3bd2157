"""What is left of typing at run time once annotations are gone."""

from __future__ import annotations

from _collections import _tuplegetter  # type: ignore[import-not-found]
from collections import namedtuple
from typing import Any

TYPE_CHECKING = False


def cast(_kind: Any, value: Any) -> Any:
    """The value."""
    return value


class _Named(tuple):  # type: ignore[type-arg]
    """What all of them have; `_plain` is the original, for what is rare."""

    __slots__ = ()
    _fields: tuple[str, ...]
    _plain: Any

    def __repr__(self) -> str:
        shown = ", ".join(f"{n}={v!r}" for n, v in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({shown})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, /, **values: Any) -> Any:
        return tuple.__new__(type(self), self._plain()(*self)._replace(**values))

    @classmethod
    def _make(cls, values: Any) -> Any:
        return tuple.__new__(cls, cls._plain()._make(values))


def _made(name: str, names: tuple[str, ...], defaults: dict[str, Any]) -> dict[str, Any]:
    """The members of such a class; without source that is written and compiled, as the original."""
    count = len(names)
    plain: list[Any] = []

    def original() -> Any:
        if not plain:
            plain.append(namedtuple(name, names, defaults=defaults.values()))  # noqa: PYI024 - made at run time
        return plain[0]

    def __new__(cls: Any, /, *values: Any, **named: Any) -> Any:  # noqa: N807 - it becomes that
        if named or len(values) != count:
            rest = names[len(values) :]
            if rest and named.keys() == set(rest):
                values = (*values, *(named[one] for one in rest))
            else:
                # Defaults, and mistakes, which it tells in its own words.
                values = original()(*values, **named)
        return tuple.__new__(cls, values)

    getters = {one: _tuplegetter(at, "") for at, one in enumerate(names)}
    return {
        **getters,
        "__slots__": (),
        "__new__": __new__,
        "__match_args__": names,
        "_fields": names,
        "_field_defaults": defaults,
        "_plain": staticmethod(original),
    }


class _NamedTupleMaker(type):
    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
        if not bases:
            return super().__new__(cls, name, bases, namespace)
        names = tuple(namespace.get("__annotations__", ()))
        made = _made(name, names, {one: namespace[one] for one in names if one in namespace})
        made |= {one: v for one, v in namespace.items() if one not in {*names, "__annotations__"}}
        return type(name, (_Named,), made)


class NamedTuple(metaclass=_NamedTupleMaker):
    """A tuple whose items have names, as `typing.NamedTuple`."""
