"""What a request may hold at most; the same for both ways of answering."""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Of one call's arguments, all of them together. What a tool takes in each is in its schema.
MAX_ARGUMENT_CHARACTERS = 100_000
BITS_PER_DIGIT = 3
FLOAT_CHARACTERS = 16


def holds_too_much(value: Any) -> bool:
    """Whether a JSON value has more than 100,000 characters, punctuation apart.

    Of a number its digits count, of one with a fraction always 16. What is beyond the limit is
    not looked at.
    """
    left = MAX_ARGUMENT_CHARACTERS
    unread = [[value]]
    while unread and left >= 0:
        values = unread.pop()
        # Each has a character at least.
        left -= len(values)
        if left < 0:
            break
        # By type, all at once: one after the other takes several times as long.
        kinds = {*map(type, values)}
        if str in kinds:
            left -= sum(map(len, _of(str, values, kinds)))
        if int in kinds:
            left -= sum(map(int.bit_length, _of(int, values, kinds))) // BITS_PER_DIGIT
        if float in kinds:
            left -= FLOAT_CHARACTERS * len(_of(float, values, kinds))
        if list in kinds:
            unread += _of(list, values, kinds)
        if dict in kinds:
            for one in _of(dict, values, kinds):
                left -= sum(map(len, one))
                unread.append([*one.values()])
    return left < 0


def _of(kind: type[Any], values: list[Any], kinds: set[type[Any]]) -> list[Any]:
    return values if len(kinds) == 1 else [one for one in values if type(one) is kind]
