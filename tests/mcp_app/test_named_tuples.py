"""The fast path's named tuples are as typing's, mistakes included."""

from __future__ import annotations

import copy
import typing
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from mcp_app.fast_path.stand_ins import typing as stand_in


def point(module: ModuleType) -> Any:
    class Point(module.NamedTuple):  # type: ignore[name-defined,misc]
        """Where."""

        x: int
        y: int = 2
        name: str = "here"

        @property
        def total(self) -> int:
            return self.x + self.y

        def __str__(self) -> str:
            return f"<{self.name}>"

    return Point


def outcome(module: ModuleType, do: Callable[[Any], Any]) -> Any:
    Point = point(module)  # noqa: N806 - a class
    try:
        return do(Point)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other has to raise it too
        return type(error), str(error)


def matched(of: Any) -> Any:
    match of(1):
        case of(a, b, c):
            return a, b, c


@pytest.mark.parametrize(
    "do",
    [
        lambda of: repr(of(1)),
        lambda of: str(of(1, 3, "there")),
        lambda of: of(x=1, y=3, name="there"),
        lambda of: of(1, name="there", y=5),
        lambda of: of(1, name="there"),
        lambda of: of(),
        lambda of: of(1, 2, "a", 4),
        lambda of: of(1, 2, "a", x=4),
        lambda of: of(1, z=4),
        lambda of: of(1, 2, z="a"),
        lambda of: of(1).total,
        lambda of: (of(1).x, of(1).y, of(1)[2]),
        lambda of: of(1) == (1, 2, "here"),
        lambda of: hash(of(1)) == hash((1, 2, "here")),
        lambda of: sorted([of(2), of(1)]),
        lambda of: of(1)._replace(y=7),
        lambda of: repr(of(1)._replace(y=7)),
        lambda of: of(1)._replace(z=7),
        lambda of: of._make([1, 2, "a"]),
        lambda of: of._make([1]),
        lambda of: of(1)._asdict(),
        lambda of: (of._fields, of._field_defaults, of.__match_args__, of.__name__, of.__doc__),
        lambda of: isinstance(of(1), tuple),
        lambda of: copy.copy(of(1)),
        lambda of: type(copy.deepcopy(of(1))).__name__,
        lambda of: setattr(of(1), "x", 3),
        lambda of: setattr(of(1), "z", 3),
        lambda of: of(1).z,
        lambda of: of(1).__getnewargs__(),
        matched,
    ],
)
def test_a_named_tuple_is_as_typings(do):
    assert outcome(stand_in, do) == outcome(typing, do)
