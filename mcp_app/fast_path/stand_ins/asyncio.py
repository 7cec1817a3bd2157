"""What `mcp_app` uses of asyncio, for one request at a time and nothing that waits.

The loop and its modules cost more than a whole bare cold start. Work goes where it is
called, one after the other: an instance serves one request, and the index is local.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self


async def to_thread[Result](
    function: Callable[..., Result], /, *arguments: Any, **named: Any
) -> Result:
    """What the function gives."""
    return function(*arguments, **named)


async def gather(*awaitables: Awaitable[Any]) -> list[Any]:
    """What each gives, in order."""
    return [await one for one in awaitables]


class Task:
    """Work that is done already."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome

    def result(self) -> Any:
        """What it gave."""
        return self._outcome


class TaskGroup:
    """Does its tasks as they come; what one raises goes to who made it."""

    async def __aenter__(self) -> Self:
        """The group."""
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is left to wait for."""

    def create_task(self, work: Coroutine[Any, Any, Any]) -> Task:
        """Do it."""
        try:
            work.send(None)
        except StopIteration as end:
            return Task(end.value)
        work.close()
        raise RuntimeError("work that waits needs an event loop")


class timeout:  # noqa: N801 - asyncio's name
    """No limit: what is done here keeps to its deadline by itself."""

    def __init__(self, _seconds: float | None) -> None:
        pass

    async def __aenter__(self) -> None:
        """Nothing is begun."""

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is ended."""
