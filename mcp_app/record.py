"""Classes of named values that cannot be changed, without the 12 ms that `dataclasses` costs.

A third of what a cold start of a bare handler takes goes into that module's import, for it
writes each class's methods as source text. What runs before a tool does uses `Record`; everything
else uses dataclasses. `copy.replace` gives a changed copy.
"""

from __future__ import annotations

# Not typing's; see `mcp_app.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_options):  # noqa: ANN003, ANN201, D103 - typing's, for type checkers
        return lambda kind: kind


@dataclass_transform(frozen_default=True)
class Record:
    """Has a field for each annotation of its class, in that order; a class attribute is a default.

    Two records are equal if they are of one class and have equal values. A default must be a
    value that nobody can change.
    """

    # Fields that `repr` leaves out: they hold a secret.
    _secret: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        # Without `inspect`, which is most of what dataclasses cost.
        annotated = cls.__dict__.get("__annotations__", ())  # noqa: RUF063
        own = [name for name in annotated if name[0] != "_"]
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))

    if not TYPE_CHECKING:

        def __init__(self, *values: Any, **named: Any) -> None:
            fields = self._fields
            if len(values) > len(fields):
                raise TypeError(f"{type(self).__name__} takes {len(fields)} values")
            given = dict(zip(fields, values, strict=False))
            if given.keys() & named.keys() or not named.keys() <= {*fields}:
                wrong = ", ".join(sorted(named.keys() - ({*fields} - given.keys())))
                raise TypeError(f"{type(self).__name__} cannot take {wrong}")
            given |= named
            for name in fields:
                if name not in given:
                    try:
                        given[name] = getattr(type(self), name)
                    except AttributeError:
                        raise TypeError(f"{type(self).__name__} needs {name}") from None
            self.__dict__.update(given)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__[name] for name in self._fields))

    def __repr__(self) -> str:
        shown = (
            f"{name}={self.__dict__[name]!r}" for name in self._fields if name not in self._secret
        )
        return f"{type(self).__qualname__}({', '.join(shown)})"

    def __replace__(self, /, **changes: Any) -> Self:
        return type(self)(**{**self.as_dict(), **changes})

    def as_dict(self) -> dict[str, Any]:
        """Its values by their names."""
        return {name: self.__dict__[name] for name in self._fields}
