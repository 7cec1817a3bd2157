"""Bodies to be refused or read: a JSON-RPC message with a value of some shape and size in it.

Run on its own by `worker.py`: nothing but the standard library here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

KB, MB = 1024, 1024 * 1024
SIZES = {"0 B": 0, "1 KB": KB, "100 KB": 100 * KB, "1 MB": MB, "4 MB": 4 * MB - 4 * KB}
# Beyond what the server reads; as much as a Function URL hands over.
TOO_LARGE = {"6 MB": 6 * MB - 64 * KB}

type Shape = Callable[[int], str]


def _filled(size: int, *, one: str, begin: str = "", end: str = "") -> str:
    count = max(0, size - len(begin) - len(end)) // len(one)
    return f"{begin}{one * count}{end}"


def _keys(size: int) -> str:
    entries = ",".join(f'"k{number:07}":1' for number in range(size // 13))
    return f"{{{entries}}}"


def _wide(size: int) -> str:
    """As many arrays as are read, and text."""
    arrays = min(size, 57 * KB)
    text = _filled(size - arrays, one="a", end='"]')
    return _filled(arrays, begin="[", one="[],", end='"') + text


BRACKETS = "[]," * 65
SHAPES: dict[str, Shape] = {
    "plain text": lambda size: _filled(size, begin='"', one="a", end='"'),
    "deeply nested": lambda size: "[" * (size // 2) + "]" * (size // 2),
    "wide": _wide,
    "unterminated string": lambda size: _filled(size, begin=f'[{BRACKETS}"', one='\\"'),
    "escaped quotes": lambda size: _filled(size, begin=f'[{BRACKETS}"', one='\\"', end='"]'),
    "escaped backslashes": lambda size: _filled(size, begin=f'[{BRACKETS}"', one="\\\\", end='"]'),
    "unicode escapes": lambda size: _filled(size, begin='"', one="\\u00e9", end='"'),
    "brackets in text": lambda size: _filled(size, begin='["', one="[{", end='"]'),
    "brackets in texts": lambda size: _filled(size, begin=f"[{BRACKETS}", one='"[","]",', end="1]"),
    "huge numbers": lambda size: _filled(size, begin="[", one="9" * 4000 + ",", end="1]"),
    "floats": lambda size: _filled(size, begin="[", one="0.123456789012345,", end="1]"),
    "tiny numbers": lambda size: _filled(size, begin="[", one="1,", end="1]"),
    "tiny texts": lambda size: _filled(size, begin="[", one='"a",', end="1]"),
    "tiny mixed": lambda size: _filled(size, begin="[", one='1,"a",null,', end="1]"),
    "many keys": _keys,
    "duplicate keys": lambda size: _filled(size, begin="{", one='"k":1,', end='"k":1}'),
    "lone surrogates": lambda size: _filled(size, begin='"', one="\\ud800", end='"'),
    "not ASCII": lambda size: _filled(size // 2, begin='"', one="é", end='"'),
    "spaces": lambda size: _filled(size, one=" ", end="1"),
    "base64": lambda size: _filled(size * 3 // 4, begin='"', one="a", end='"'),
}
MESSAGES = {
    "ping": ('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"x":', "}}"),
    "call": (
        '{"jsonrpc":"2.0","id":1,"method":"tools/call",'  # noqa: ISC004 - one text
        '"params":{"name":"echo","arguments":{"text":',
        "}}}",
    ),
}


def body(shape: str, size: int, message: str) -> tuple[str, bool]:
    """The body of an event, and whether it is base64.

    Args:
        shape: One of `SHAPES`.
        size: In bytes, about; 0 for an empty value.
        message: One of `MESSAGES`.
    """
    begin, end = MESSAGES[message]
    inner = SHAPES[shape](size - len(begin) - len(end)) if size else '"x"'
    whole = begin + inner + end
    if shape == "base64":
        return base64.b64encode(whole.encode()).decode(), True
    return whole, False
