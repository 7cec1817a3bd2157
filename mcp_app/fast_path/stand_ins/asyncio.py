"""What `mcp_app` uses of asyncio, for one request at a time and nothing that waits.

The loop and its modules cost more than a whole bare cold start. Work goes where it is
called, one after the other: an instance serves one request, and the index is local.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Self

from mcp_app.fast_path.left import LeftToFastMcpError


async def to_thread[Result](
    function: Callable[..., Result], /, *arguments: Any, **named: Any
) -> Result:
    """What the function gives."""
    return function(*arguments, **named)


async def gather(*awaitables: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    """What each gives, in order; or raises, where that is wanted."""
    if not return_exceptions:
        return [await one for one in awaitables]
    made: list[Any] = []
    for one in awaitables:
        try:
            made.append(await one)
        except LeftToFastMcpError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is was asked for
            made.append(error)
    return made


class Task:
    """Work that is done already."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome

    def result(self) -> Any:
        """What it gave."""
        return self._outcome


class TaskGroup:
    """Does its tasks as they come; what one raises ends the group, in an `ExceptionGroup`."""

    async def __aenter__(self) -> Self:
        """The group."""
        return self

    async def __aexit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        """Nothing is left to wait for."""
        if isinstance(error, Exception) and not isinstance(error, LeftToFastMcpError):
            raise ExceptionGroup("unhandled errors in a TaskGroup", [error]) from None

    def create_task(
        self, work: Coroutine[Any, Any, Any], *, name: str | None = None, context: object = None
    ) -> Task:
        """Do it."""
        del name
        if context is not None:
            raise LeftToFastMcpError
        try:
            work.send(None)
        except StopIteration as end:
            return Task(end.value)
        work.close()
        # Work that waits needs an event loop.
        raise LeftToFastMcpError


class timeout:  # noqa: N801 - asyncio's name
    """No limit: what is done here keeps to its deadline by itself."""

    def __init__(self, _seconds: float | None) -> None:
        pass

    async def __aenter__(self) -> None:
        """Nothing is begun."""

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is ended."""
