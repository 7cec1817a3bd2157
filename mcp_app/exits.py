"""`sys.exit` in what an author wrote: a failure of one request, never the end of the instance."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


class ExitError(Exception):
    """Something ended with an exception that would have ended the process."""


def contained(error: BaseException) -> ExitError:
    """An ordinary exception in place of one that ends processes."""
    made = ExitError(f"{type(error).__name__} was raised")
    made.__cause__ = error
    return made


@contextmanager
def contained_exits() -> Generator[None]:
    """What ends processes becomes an ordinary exception; what ends tasks stays what it is.

    Raises:
        ExitError: In place of `SystemExit` and its like.
    """
    # Here: the fast path has no asyncio.
    from asyncio import CancelledError  # noqa: PLC0415

    try:
        yield
    except (Exception, CancelledError, GeneratorExit, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise contained(error) from error
