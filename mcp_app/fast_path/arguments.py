"""Arguments that plainly fit: nothing to convert, to strip, or to explain.

The build writes each tool's checks from Pydantic's own schema of it, see
`ops.bundle.argument_checks`. What does not pass them may still be right, such as `"5"` for a
number or a name in camelCase: Pydantic decides, behind FastMCP.

A check is a list: its kind, then what the kind needs.
"""

from __future__ import annotations

import re
from typing import Any

from mcp_app.fast_path.left import LeftToFastMcpError


class NotPlainError(LeftToFastMcpError):
    """A value has to be looked at by Pydantic."""


def plain(given: Any, checks: dict[str, Any]) -> dict[str, Any]:
    """The arguments to call the function with.

    Args:
        given: What the caller sent.
        checks: By argument: whether it has to be there, and its check.

    Raises:
        NotPlainError: they do not plainly fit.
    """
    if type(given) is not dict or not given.keys() <= checks.keys():
        raise NotPlainError
    arguments = {}
    for name, (required, check) in checks.items():
        if name in given:
            arguments[name] = _checked(given[name], check)
        elif required:
            raise NotPlainError
    return arguments


def _checked(value: Any, check: list[Any]) -> Any:
    kind = check[0]
    if kind == "nullable":
        return None if value is None else _checked(value, check[1])
    if kind == "union":
        return _chosen(value, check[1:])
    if kind == "dict":
        if type(value) is not dict or not check[3] <= len(value) <= check[4]:
            raise NotPlainError
        return {_checked(name, check[1]): _checked(one, check[2]) for name, one in value.items()}
    if kind == "list":
        if type(value) is not list or not check[2] <= len(value) <= check[3]:
            raise NotPlainError
        return [_checked(item, check[1]) for item in value]
    if not _KINDS[kind](value, *check[1:]):
        raise NotPlainError
    return float(value) if kind == "float" else value


def _chosen(value: Any, checks: list[list[Any]]) -> Any:
    for check in checks:
        try:
            return _checked(value, check)
        except NotPlainError:
            continue
    raise NotPlainError


def _is_json(value: Any) -> bool:
    kind = type(value)
    if kind is dict:
        return all(map(_is_json, value)) and all(map(_is_json, value.values()))
    if kind is list:
        return all(map(_is_json, value))
    if kind is str:
        return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if kind is float:
        return bool(abs(value) < float("inf"))
    return value is None or kind is bool or _is_integer(value, None, None)


def _is_text(
    value: Any,
    least: int,
    most: int,
    stripped: bool,  # noqa: FBT001 - as the build wrote it down
    case: str,
    pattern: str | None,
) -> bool:
    if type(value) is not str or not least <= len(value) <= most:
        return False
    if stripped and value != value.strip():
        return False
    if (case == "upper" and value != value.upper()) or (case == "lower" and value != value.lower()):
        return False
    # NUL and halves of surrogate pairs are special; line ends are to `$`.
    if "\x00" in value or any("\ud800" <= one <= "\udfff" for one in value):
        return False
    return pattern is None or ("\n" not in value and re.search(pattern, value) is not None)


def _is_number(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


def _is_integer(value: Any, least: int | None, most: int | None) -> bool:
    plain_integer = type(value) is int and -(2**53) < value < 2**53
    return plain_integer and _is_number(value, least, most)


def _is_float(value: Any, least: float | None, most: float | None) -> bool:
    if type(value) is int:
        return -(2**53) < value < 2**53 and _is_number(value, least, most)
    return type(value) is float and abs(value) < float("inf") and _is_number(value, least, most)


_KINDS: dict[str, Any] = {
    "any": _is_json,
    "str": _is_text,
    "int": _is_integer,
    "float": _is_float,
    "bool": lambda value: type(value) is bool,
    "literal": lambda value, *expected: type(value) is str and value in expected,
}
