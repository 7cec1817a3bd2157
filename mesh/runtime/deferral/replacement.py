"""Puts real objects in the places where recorders are kept.

An author's module keeps recorders wherever Python can keep an object: as a global, in a
default, in an annotation, in a list of its own. The garbage collector knows every such place.
"""

from __future__ import annotations

import gc
import sys
import types
from collections import OrderedDict, deque
from functools import partial
from operator import is_ as _is

from mesh.runtime.deferral.recorder import Recorder

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

# A place that refers to a place that refers to a recorder, and so on: annotations are nested.
DEPTH = 32
_IMMUTABLE = (tuple, frozenset, types.GenericAlias, types.UnionType)
_ATOMIC = (str, bytes, int, float, bool, complex, type(None), type(...), types.ModuleType)


def replaced(value: Any) -> Any:
    """The value with real objects in the place of resolved recorders, as deep as it goes.

    What can be changed is changed in place and given back itself.
    """
    return _Replacement({}, {}).of(value)


class _Replacement:
    """Replaces recorders, and values that hold them.

    Args:
        known: By its id, what each value is replaced with; recorders need not be here.
        rehashed: By their ids, values that were changed in place, and whose hashes changed so.
    """

    def __init__(self, known: dict[int, Any], rehashed: dict[int, Any]) -> None:
        self._known = known
        self._rehashed = rehashed
        self._seen: dict[int, Any] = {}

    def is_key(self, value: Any, old: Any) -> bool:
        """Whether a dict or set still finds what it keeps under `old`, now `value`."""
        return value is old and id(value) not in self._rehashed

    def of(self, value: Any) -> Any:  # noqa: C901 - one for each kind of place
        kind = type(value)
        if kind is Recorder:
            found = value.mesh_deferral_value
            return value if found is None else found[0]
        if id(value) in self._known:
            return self._known[id(value)]
        if kind in _ATOMIC or id(value) in self._seen:
            return self._seen.get(id(value), value)
        self._seen[id(value)] = value
        if kind in _IMMUTABLE:
            self._seen[id(value)] = self._rebuilt(value)
            return self._seen[id(value)]
        if isinstance(value, (dict, list, set, deque)):
            _change_container(value, self)
        elif kind is types.CellType:
            _change_cell(value, self.of)
        elif kind is types.FunctionType:
            _change_function(value, self.of)
        elif kind is partial:
            _change_partial(value, self.of)
        elif kind is types.MethodType:
            self.of(value.__func__)
        elif isinstance(value, type) and kind.__module__ != "typing":
            self.of(vars(value).get("__annotations__"))
        elif kind.__module__ == "typing" and _change_attributes(value, self.of):
            self._rehashed[id(value)] = value
        return self._seen[id(value)]

    def _rebuilt(self, value: Any) -> Any:
        kind = type(value)
        if kind is types.GenericAlias:
            new = tuple(map(self.of, value.__args__))
            return (
                value if _same(new, value.__args__) else types.GenericAlias(value.__origin__, new)
            )
        if kind is types.UnionType:
            new = tuple(map(self.of, value.__args__))
            if _same(new, value.__args__):
                return value
            made = new[0]
            for one in new[1:]:
                made |= one
            return made
        items = tuple(value)
        new = tuple(map(self.of, items))
        return value if _same(new, items) else kind(new)


def bind(recorders: Iterable[Recorder], own: Iterable[Any] = ()) -> list[str]:
    """Put the real object in every place where one of these resolved recorders is kept.

    Args:
        recorders: Each has its value.
        own: Places of the recording itself, which keep recorders.

    Returns:
        The kinds of place in which a recorder stays, such as an object of a C library.
    """
    _forget_annotations()
    binding = _Binding(own)
    olds: list[Any] = [*recorders]
    for _ in range(DEPTH):
        if not olds:
            break
        olds = binding.changed(olds)
    return binding.left


class _Binding:
    """Changes places, one round after the other.

    Args:
        own: See `bind`.
    """

    def __init__(self, own: Iterable[Any]) -> None:
        self.left: list[str] = []
        self._known: dict[int, Any] = {}
        self._rehashed: dict[int, Any] = {}
        # Of those, the ones whose dicts and sets have been told.
        self._told: set[int] = set()
        self._done: set[int] = set()
        # Kept, so that no other place gets the id of one of these.
        self._own = [*own, self._known, self._rehashed]

    def changed(self, olds: list[Any]) -> list[Any]:
        """Change the places of these values; the values whose places are to be changed next."""
        # A tuple is handed on as it is. A list would be copied into one that refers to all of them,
        # and no round would be the last.
        asked = tuple(olds)
        self._own += [olds, asked]
        ours = {id(self._own), *map(id, self._own)}
        places = [one for one in gc.get_referrers(*asked) if id(one) not in ours]
        self._own.append(places)
        classes = _classes_of([one for one in places if type(one) is dict])
        new: list[Any] = []
        for place in places:
            if _is_own(place) or id(place) in self._done:
                continue
            if type(place) in _IMMUTABLE:
                made = _Replacement(self._known, self._rehashed).of(place)
                if made is not place:
                    self._known[id(place)] = made
                    new.append(place)
                elif self._holds_rehashed(place):
                    self._rehashed[id(place)] = place
            else:
                self._done.add(id(place))
                self._change(place, classes.get(id(place)))
        new += [one for one in self._rehashed.values() if id(one) not in self._told]
        self._told |= self._rehashed.keys()
        if new:
            # A place that was changed may refer to what changes only now.
            self._done.clear()
        return new

    def _change(self, place: Any, owner: type | None) -> None:
        held = self._holds_rehashed(place)
        try:
            is_known = _change(place, _Replacement(self._known, self._rehashed), owner) or held
        except Exception:  # noqa: BLE001 - a class of the author's may raise anything
            is_known = False
        if not is_known:
            self.left.append(type(place).__qualname__)
        elif type(place).__module__ == "typing":
            self._rehashed[id(place)] = place

    def _holds_rehashed(self, place: Any) -> bool:
        return not self._rehashed.keys().isdisjoint(map(id, gc.get_referents(place)))


def _change(place: Any, replacement: _Replacement, owner: type | None) -> bool:
    """Replace what a place refers to directly; whether that kind of place is known."""
    kind, replace = type(place), replacement.of
    if owner is not None:
        for name, value in [*vars(owner).items()]:
            _set_changed(owner, name, value, replace)
    elif isinstance(place, (dict, list, set, deque)):
        _change_container(place, replacement)
        _change_attributes(place, replace)
    elif kind is types.CellType:
        _change_cell(place, replace)
    elif kind is types.FunctionType:
        _change_function(place, replace)
    elif kind is partial:
        _change_partial(place, replace)
    elif isinstance(place, (types.FrameType, type)):
        # Locals of what is running now stay recorders, which do what the real object does. What
        # a class refers to is in its dict.
        return True
    else:
        return _change_attributes(place, replace)
    return True


def _change_container(place: Any, replacement: _Replacement) -> None:
    """Change what a container holds, with the methods of its base: a class may have its own."""
    if isinstance(place, dict):
        _change_dict(place, replacement)
    elif isinstance(place, set):
        _change_set(place, replacement)
    elif isinstance(place, deque):
        for number, value in enumerate(place):
            deque.__setitem__(place, number, replacement.of(value))
    else:
        list.__setitem__(place, slice(None), [*map(replacement.of, list.__iter__(place))])


def _change_dict(place: dict[Any, Any], replacement: _Replacement) -> None:
    base = OrderedDict if isinstance(place, OrderedDict) else dict
    olds = [*base.items(place)]
    items = [(replacement.of(name), replacement.of(value)) for name, value in olds]
    if all(replacement.is_key(new[0], old[0]) for new, old in zip(items, olds, strict=True)):
        for (name, value), (_, old) in zip(items, olds, strict=True):
            if value is not old:
                base.__setitem__(place, name, value)
    else:
        base.clear(place)
        for name, value in items:
            base.__setitem__(place, name, value)


def _change_set(place: set[Any], replacement: _Replacement) -> None:
    olds = [*set.__iter__(place)]
    items = [*map(replacement.of, olds)]
    # Only then: its order would be another.
    if not all(map(replacement.is_key, items, olds)):
        set.clear(place)
        set.update(place, items)


def _change_cell(place: types.CellType, replace: Callable[[Any], Any]) -> None:
    try:
        place.cell_contents = replace(place.cell_contents)
    except ValueError:
        # It is empty.
        return


def _change_function(place: types.FunctionType, replace: Callable[[Any], Any]) -> None:
    for name in ("__defaults__", "__kwdefaults__", "__annotations__"):
        old = getattr(place, name)
        new = replace(old) if old else old
        if new is not old:
            setattr(place, name, new)


def _change_partial(place: partial[Any], replace: Callable[[Any], Any]) -> None:
    reduced: Any = place.__reduce__()
    function, given, named, attributes = reduced[2]
    place.__setstate__((replace(function), replace(given), replace(named), attributes))  # type: ignore[attr-defined]


def _change_attributes(place: Any, replace: Callable[[Any], Any]) -> bool:
    """Replace an object's attributes, also where its class would not let others do so."""
    found = False
    for name, value in [*getattr(place, "__dict__", {}).items()]:
        found |= _set_changed(place, name, value, replace)
    for kind in type(place).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name.startswith("__") and not name.endswith("__"):
                name = f"_{kind.__name__.lstrip('_')}{name}"  # noqa: PLW2901 - as Python does
            if name not in {"__dict__", "__weakref__"} and hasattr(place, name):
                found |= _set_changed(place, name, getattr(place, name), replace)
    return found


def _set_changed(place: Any, name: str, value: Any, replace: Callable[[Any], Any]) -> bool:
    new = replace(value)
    if new is value:
        return False
    if isinstance(place, type):
        type.__setattr__(place, name, new)
    else:
        object.__setattr__(place, name, new)
    return True


def _classes_of(dicts: list[Any]) -> dict[int, type]:
    """By their ids, those dicts that are a class's own: a class has to hear of a change."""
    owners = gc.get_referrers(*dicts) if dicts else []
    wanted = {*map(id, dicts)}
    return {
        id(found): owner
        for owner in owners
        if isinstance(owner, type)
        for found in gc.get_referents(owner)
        if type(found) is dict and id(found) in wanted
    }


def _is_own(place: Any) -> bool:
    """Whether it belongs to the recording itself."""
    kind = type(place)
    return kind is Recorder or kind.__module__.startswith(__package__ or "mesh.runtime.deferral")


def _same(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return all(map(_is, first, second))


def _forget_annotations() -> None:
    """Have typing forget the annotations that it keeps, which hold recorders as keys."""
    typing = sys.modules.get("typing")
    for clear in getattr(typing, "_cleanups", ()):
        clear()
