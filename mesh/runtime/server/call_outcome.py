"""How a call ended on the fast path, where FastMCP has to write it: nothing of it is done twice.

An instance answers one request at a time.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Outcome:
    """How a call ended.

    Args:
        tool: The name of the one that was called.
        result: Gives its result, or raises its error.
        invalid: Pydantic's error, where the arguments did not fit; None where they did. A
            validator of the author's may have done something: it is not asked again.

    Attributes:
        value: The result, once it is being written.
        serialized: What Pydantic has made of it so far: its `text`, and the `payload` that
            follows the return type. Each gives it, or raises the error.
    """

    __slots__ = ("invalid", "result", "serialized", "tool", "value")

    def __init__(self, tool: str, result: Callable[[], Any], invalid: Any = None) -> None:
        self.tool = tool
        self.result = result
        self.invalid = invalid
        self.value: Any = None
        self.serialized: dict[str, Callable[[], Any]] = {}


_left: list[Outcome] = []
_taken: list[Outcome] = []


def leave(outcome: Outcome) -> None:
    """Leave how a call ended to FastMCP's way."""
    _left[:] = [outcome]


def is_left() -> bool:
    """Whether a call has ended that is not answered yet."""
    return bool(_left)


def take(tool: str) -> Outcome | None:
    """What was left of a call of this tool, once; None where it was not called."""
    if not _left or _left[0].tool != tool:
        return None
    _taken[:] = [_left.pop()]
    return _taken[0]


def serialized(what: str, value: Any) -> Callable[[], Any] | None:
    """What Pydantic has made of a result already, once; None where it was not asked.

    Args:
        what: See `Outcome`.
        value: The result.
    """
    if not _taken or _taken[0].value is not value:
        return None
    return _taken[0].serialized.pop(what, None)


def forget() -> None:
    """The request is answered: whatever was left is nobody's."""
    _left.clear()
    _taken.clear()
