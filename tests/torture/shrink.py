"""Makes an input smaller while it still fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

# Cheapest first: what takes the place of a value.
PLAIN: tuple[Any, ...] = (None, "", 0, {}, [])


def smallest(value: Any, still_fails: Callable[[Any], bool], attempts: int) -> Any:
    """A smaller JSON value for which `still_fails` is true, after at most so many attempts.

    A text that holds JSON itself, such as a body, is made smaller inside too.
    """
    progress = True
    while progress:
        progress = False
        for candidate in _smaller(value):
            if attempts <= 0:
                return value
            attempts -= 1
            if still_fails(candidate):
                value, progress = candidate, True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    """Values that are simpler in one place, the largest steps first."""
    for plain in PLAIN:
        if _weight(plain) < _weight(value):
            yield plain
    if isinstance(value, dict):
        for name in value:
            yield {other: one for other, one in value.items() if other != name}
        for name, inner in value.items():
            yield from ({**value, name: one} for one in _smaller(inner))
    elif isinstance(value, list):
        half = len(value) // 2
        yield from (value[:half], value[half:]) if half else ()
        for place in range(len(value)):
            yield value[:place] + value[place + 1 :]
        for place, inner in enumerate(value):
            yield from ([*value[:place], one, *value[place + 1 :]] for one in _smaller(inner))
    elif isinstance(value, str):
        yield from _smaller_text(value)


def _smaller_text(value: str) -> Iterator[str]:
    try:
        inside = json.loads(value)
    except (ValueError, RecursionError):
        inside = None
    if isinstance(inside, dict | list):
        yield from (json.dumps(one) for one in _smaller(inside) if one not in PLAIN)
        return
    length = len(value)
    for part in (2, 4, 8):
        step = length // part
        if step:
            yield from (value[:at] + value[at + step :] for at in range(0, length, step))
    if length <= 16:
        yield from (value[:at] + value[at + 1 :] for at in range(length))


def _weight(value: Any) -> int:
    """How large a value is; `null` is the smallest of all."""
    return 0 if value is None else len(json.dumps(value))
