"""JSON as Pydantic writes it: compact, not escaped beyond need, fields in their order."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from mcp_app.fast_path.left import LeftToFastMcpError
from mcp_app.fast_path.replies import dumps

INFINITY = float("inf")
# 0.00001, for which Python has an exponent already.
LAST_WITHOUT_EXPONENT = 5


class NotPlainJsonError(LeftToFastMcpError):
    """A value that Pydantic writes in a way of its own, or not at all."""


def text(value: Any) -> str:
    """The value in JSON.

    Raises:
        NotPlainJsonError: a number that is none, half a surrogate pair, or a kind of value that
            is not among JSON's and dataclasses.
    """
    return texts(value)[0]


def texts(value: Any) -> tuple[str, str]:
    """The value in JSON, and the same with numbers as Python writes them: 1e-07, not 1e-7.

    Raises:
        NotPlainJsonError: as `text`.
    """
    plain = _plain(value)
    written = dumps(plain)
    try:
        written.encode()
    except UnicodeEncodeError:
        raise NotPlainJsonError from None
    # In a text, perhaps; then both are the same.
    return _written(plain) if "e-" in written else written, written


def _written(plain: Any) -> str:
    """As `dumps`, with the least numbers as Rust writes them."""
    if type(plain) is dict:
        fields_of = (f"{dumps(name)}:{_written(one)}" for name, one in plain.items())
        return f"{{{','.join(fields_of)}}}"
    if type(plain) is list:
        return f"[{','.join(map(_written, plain))}]"
    shown = dumps(plain)
    if type(plain) is not float or "e-" not in shown:
        return shown
    digits, _, power = shown.partition("e-")
    if int(power) == LAST_WITHOUT_EXPONENT:
        sign = "-" if digits[0] == "-" else ""
        return f"{sign}0.0000{digits.lstrip('-').replace('.', '')}"
    return f"{digits}e-{int(power)}"


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in {str, bool, int}:
        return value
    if kind is float:
        if not abs(value) < INFINITY:
            raise NotPlainJsonError
        return value
    if kind in {list, tuple}:
        return [_plain(item) for item in value]
    if kind is dict:
        if not all(type(name) is str for name in value):
            raise NotPlainJsonError
        return {name: _plain(item) for name, item in value.items()}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    raise NotPlainJsonError
