"""JSON as Pydantic writes it: compact, not escaped beyond need, fields in their order."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any


class NotPlainJsonError(Exception):
    """A value that Pydantic writes in a way of its own, or not at all."""


def text(value: Any) -> str:
    """The value in JSON.

    Raises:
        NotPlainJsonError: a number that needs an exponent or is none, half a surrogate pair,
            or a kind of value that is not among JSON's and dataclasses.
    """
    written = json.dumps(_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        written.encode()
    except UnicodeEncodeError:
        raise NotPlainJsonError from None
    return written


def _plain(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in {str, bool, int}:
        return value
    if kind is float:
        # Python writes 1e-07 and 1e+16, Rust 1e-7 and 1e16.
        shown = repr(value)
        if "e" in shown or "n" in shown:
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
