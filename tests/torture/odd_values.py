"""Odd JSON values, and random changes to a JSON value."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.local.runtime.fast_path.generated_requests import odd, one_in, text

MAX_CHANGES = 3
DESCENDS = 0.8
LONG = 70_000
DEEP = 300
ESCAPES = ["a\r\nb: c", "\r\n\r\n", "%00", "%ff%fe", "../../x", "\x00", "\ufeff"]


def any_value(random: Random) -> Any:
    """A JSON value of any type, now and then a very large or very deep one."""
    if not one_in(random, 4):
        return odd(random)
    makers = (_long, _deep, _object, _array, _number, _escape)
    return random.choice(makers)(random)


def _long(random: Random) -> str:
    return random.choice('x[{"\\é\ud800 \n') * random.choice([300, 5000, LONG])


def _deep(random: Random) -> Any:
    return nested(random.choice([2, 70, DEEP]), random.choice([[], {}, None, "x"]))


def _object(random: Random) -> dict[str, Any]:
    return {text(random): odd(random) for _ in range(random.randrange(5))}


def _array(random: Random) -> list[Any]:
    return [odd(random) for _ in range(random.choice([1, 3, 200]))]


def _number(random: Random) -> float:
    return random.choice([float("inf"), float("-inf"), float("nan"), 10**300, -(10**300)])


def _escape(random: Random) -> str:
    return random.choice(ESCAPES)


def nested(levels: int, innermost: Any) -> Any:
    """Arrays and objects within each other."""
    value = innermost
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def changed(random: Random, value: Any) -> Any:
    """The value after one to three random changes anywhere in it."""
    for _ in range(random.randint(1, MAX_CHANGES)):
        value = _changed_once(random, value)
    return value


def _changed_once(random: Random, value: Any) -> Any:
    if random.random() < DESCENDS and value:
        if isinstance(value, dict):
            return _changed_object(random, value)
        if isinstance(value, list):
            return _changed_array(random, value)
    if isinstance(value, str) and one_in(random, 3):
        return _changed_text(random, value)
    others = [any_value(random)] * 7
    return random.choice([*others, [value], {"a": value}, json.dumps(value)])


def _changed_object(random: Random, value: dict[str, Any]) -> dict[str, Any]:
    """The object with a field changed, and now and then one removed, renamed or added."""
    name = random.choice(list(value))
    made = dict(value)
    kind = random.randrange(12)
    if kind == 0:
        del made[name]
    elif kind == 1:
        made[_other_name(random, name)] = made.pop(name)
    elif kind == 2:
        made[text(random)] = any_value(random)
    else:
        made[name] = _changed_once(random, value[name])
    return made


def _changed_array(random: Random, value: list[Any]) -> list[Any]:
    """The array with an entry changed, and now and then one removed or repeated."""
    place = random.randrange(len(value))
    items = list(value)
    kind = random.randrange(6)
    if kind == 0:
        del items[place]
    elif kind == 1:
        items.insert(place, items[place])
    else:
        items[place] = _changed_once(random, items[place])
    return items


def _changed_text(random: Random, value: str) -> str:
    """The text with a piece cut out, replaced or inserted."""
    place = random.randint(0, len(value))
    cut = random.choice([0, 0, 1, 3, len(value)])
    return value[:place] + random.choice(["", text(random, 3), "\\", '"']) + value[place + cut :]


def _other_name(random: Random, name: str) -> str:
    return random.choice([name.upper(), name.title(), f" {name}", f"{name}\n", f"{name}é", ""])
