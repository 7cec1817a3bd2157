"""`sys.exit` in what an author wrote: a failure of one request, never the end of the instance."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import Any


class ExitError(Exception):
    """In place of an exception that would have ended the process."""


def contained(error: BaseException) -> ExitError:
    """An ordinary exception in place of this one, which is its cause."""
    made = ExitError(f"{type(error).__name__} was raised")
    made.__cause__ = error
    return made


@contextmanager
def contained_exits() -> Generator[None]:
    """What ends processes becomes an ordinary exception; what ends this task stays what it is.

    A tool may wait for a task of its own that was cancelled, and gets that task's exception. It
    would look as if this request had been cancelled, so it becomes an ordinary exception too.

    Raises:
        ExitError: In place of `SystemExit` and its like.
    """
    try:
        yield
    except (Exception, GeneratorExit, KeyboardInterrupt):
        raise
    except asyncio.CancelledError as error:
        if _is_cancelled():
            raise
        raise contained(error) from error
    except BaseException as error:
        raise contained(error) from error


def _is_cancelled() -> bool:
    """Whether somebody has cancelled the task that runs this.

    https://docs.python.org/3/library/asyncio-task.html#asyncio.Task.cancelling
    """
    try:
        task = asyncio.current_task()
    except RuntimeError:
        # A thread without a loop.
        return False
    return task is not None and task.cancelling() > 0


def without_exits(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, plain or a coroutine's, within `contained_exits`."""
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def waiting(*given: Any, **named: Any) -> Any:
            with contained_exits():
                return await function(*given, **named)

        return waiting

    @wraps(function)
    def plain(*given: Any, **named: Any) -> Any:
        with contained_exits():
            return function(*given, **named)

    return plain
