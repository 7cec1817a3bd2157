"""Classes of named values that cannot be changed, without the 12 ms that `dataclasses` costs.

`dataclasses` takes as long to import as a quarter of a bare handler's cold start, and a
millisecond for each class, because it writes each class's methods as source text. A record has
its methods from `Record`. It is a dataclass for whoever asks: `dataclasses.fields`,
`dataclasses.asdict` and Pydantic, which makes the same schema of it. What that takes is made
when it is asked for. `copy.replace` gives a changed copy.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar, Self, dataclass_transform
else:

    def dataclass_transform(**_options):  # noqa: ANN003, ANN201, D103 - typing's, for type checkers
        return lambda kind: kind


class _OfDataclass:
    """An attribute that `dataclasses` gives its classes, made when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[type, Any] = {}

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: object, owner: type[Record]) -> Any:
        if owner not in self._made:
            from dataclasses import make_dataclass  # most instances never ask

            types = {
                name: kind
                for base in reversed(owner.__mro__)
                for name, kind in base.__dict__.get("__annotations__", {}).items()  # noqa: RUF063 - inspect would cost every cold start
            }
            defaults = owner._defaults  # noqa: SLF001 - our own
            fields = [
                (name, types[name], *([defaults[name]] if name in defaults else []))
                for name in owner._fields
            ]
            made = make_dataclass(owner.__name__, fields, frozen=True, kw_only=True)
            self._made[owner] = getattr(made, self._name)
        return self._made[owner]


@dataclass_transform(frozen_default=True)
class Record:
    """Has a field for each annotation of its class, in that order; a class attribute is a default.

    Two records are equal if they are of one class and have equal values. A default must be a
    value that nobody can change. `kw_only` has type checkers ask for names; then a field
    without a default may come after one that has a default.
    """

    # Fields that `repr` leaves out: they hold a secret.
    _secret: ClassVar[tuple[str, ...]] = ()
    _fields: ClassVar[tuple[str, ...]] = ()
    _defaults: ClassVar[dict[str, Any]] = {}
    __dataclass_fields__: ClassVar[Any] = _OfDataclass()
    __dataclass_params__: ClassVar[Any] = _OfDataclass()

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        super().__init_subclass__()
        # Without `inspect`, which is most of what dataclasses cost.
        annotated = cls.__dict__.get("__annotations__", ())  # noqa: RUF063 - inspect would cost every cold start
        own = [name for name in annotated if name[0] != "_"]
        cls._fields = (*cls._fields, *(name for name in own if name not in cls._fields))
        cls._defaults = {name: getattr(cls, name) for name in cls._fields if hasattr(cls, name)}

    if not TYPE_CHECKING:

        def __init__(self, *values: Any, **named: Any) -> None:
            fields = self._fields
            # Each request makes several with a value for each field: that is half the work.
            if named or len(values) != len(fields):
                values = self._completed(values, named)
            self.__dict__.update(zip(fields, values, strict=True))

        def _completed(self, values: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
            kind, fields = type(self).__name__, self._fields
            if len(values) > len(fields):
                raise TypeError(f"{kind} takes {len(fields)} values")
            wrong = named.keys() - {*fields[len(values) :]}
            if wrong:
                raise TypeError(f"{kind} cannot take {', '.join(sorted(wrong))}")
            given = {**self._defaults, **named, **dict(zip(fields, values, strict=False))}
            for name in fields:
                if name not in given:
                    raise TypeError(f"{kind} needs {name}")
            return [given[name] for name in fields]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and self.__dict__ == other.__dict__)

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
