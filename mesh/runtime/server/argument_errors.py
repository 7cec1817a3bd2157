"""What callers are told about arguments that do not fit, and the names that they may use.

Light: the fast path and FastMCP's way say the same.
"""

from __future__ import annotations

import re

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# Of a value that does not fit: enough to recognise it by.
LIMIT_SHOWN = 40
# Of all that does not fit in one call.
LIMIT_FAULTS = 5


def snake_case(name: str) -> str:
    """`maxResults` as `max_results`."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def renamed(given: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """The arguments, those in camelCase under the tool's own snake_case names.

    A name that the tool does not know, or that is given under both names, stays as it is.
    """
    arguments: dict[str, Any] = {}
    for name, value in given.items():
        snake = name if name in known else snake_case(name)
        arguments[snake if snake in known - given.keys() else name] = value
    return arguments


def message(tool: str, details: list[Any], known: frozenset[str]) -> str:
    """What is wrong with a call's arguments.

    Args:
        tool: Its name.
        details: Pydantic's, of a validation error.
        known: The names of the tool's parameters.
    """
    wrong = [_said(detail, known) for detail in details[:LIMIT_FAULTS]]
    if len(details) > LIMIT_FAULTS:
        wrong.append(f"And {len(details) - LIMIT_FAULTS} more.")
    return f"{tool}: {' '.join(wrong)}"


def _said(error: Mapping[str, Any], known: frozenset[str]) -> str:
    """One thing that is wrong, with the value and what fits."""
    name = ".".join(map(str, error["loc"])) or "arguments"
    if error["type"] == "unexpected_keyword_argument":
        takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        return f"{name[:LIMIT_SHOWN]}: there is no such argument. {takes}"
    if error["type"] == "missing_argument":
        return f"{name}: it is missing."
    given = _shown(error["input"])
    return f"{name}: {error['msg']}; given was {given}."


def _shown(value: Any) -> str:
    """The value as Python writes it, cut off; what is not shown is not written either."""
    shown = ""
    for piece in _pieces(value):
        shown += piece
        if len(shown) > LIMIT_SHOWN:
            return f"{shown[:LIMIT_SHOWN]}..."
    return shown


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for place, (name, one) in enumerate(value.items()):
            yield ", " if place else ""
            yield from _pieces(name)
            yield ": "
            yield from _pieces(one)
        yield "}"
    elif isinstance(value, list):
        yield "["
        for place, one in enumerate(value):
            yield ", " if place else ""
            yield from _pieces(one)
        yield "]"
    else:
        # One character more than is shown: then the rest is seen to be missing.
        yield ascii(value[: LIMIT_SHOWN + 1] if isinstance(value, str) else value)
