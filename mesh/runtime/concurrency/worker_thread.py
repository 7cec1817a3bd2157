"""The thread in which tools run, for both ways of answering: what it keeps, a later call finds.

Plain functions run in a thread of anyio's when FastMCP calls them. An instance that has not
imported anyio has this one. When anyio starts its first thread it gets this one instead, with
all that tools have put into `threading.local`: a database connection, for example.
"""

from __future__ import annotations

from _thread import allocate_lock

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _contextvars import Context
    from collections.abc import Callable
    from threading import Thread
    from typing import Any

# As anyio, with which FastMCP starts its threads, calls them.
NAME = "AnyIO worker thread"


class Call:
    """A function to be called in a thread.

    Args:
        context: What it runs in.
        function: Takes nothing.
        done: Called, with this, once it has ended.
    """

    def __init__(
        self, context: Context, function: Callable[[], Any], done: Callable[[Call], object]
    ) -> None:
        self._context = context
        self._function = function
        # Forgotten once it is called: what a tool gave dies with the answer, as with FastMCP.
        self._done: Callable[[Call], object] | None = done
        self._value: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call it."""
        try:
            self._value = self._context.run(self._function)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        done, self._done = self._done, None
        if done is not None:
            done(self)

    def outcome(self) -> Any:
        """What it gave.

        Raises:
            BaseException: what it raised.
        """
        value, self._value = self._value, None
        error, self._error = self._error, None
        if error is None:
            return value
        if isinstance(error, StopIteration):
            # As anyio does it.
            raise RuntimeError("coroutine raised StopIteration") from error  # noqa: TRY004 - it is no wrong argument
        raise error


class Worker:
    """A thread that calls functions, one at a time; the same one for all, as with anyio."""

    def __init__(self) -> None:
        self._waiting = allocate_lock()
        self._waiting.acquire()
        self._call: Call | None = None
        self._rest: Callable[[], object] | None = None
        self._thread: Any = None

    def begin(self, call: Call) -> None:
        """Have it called."""
        if self._thread is None:
            import threading  # logging has imported it

            self._thread = threading.Thread(target=self._work, name=NAME)
            # As `anyio_worker_threads` does: a process waits for its threads.
            threading._register_atexit(end)  # type: ignore[attr-defined]
            self._thread.start()
        self._call = call
        self._waiting.release()

    def call(self, context: Context, function: Callable[[], Any]) -> Any:
        """What a function gives.

        Raises:
            BaseException: what it raises.
        """
        ended = allocate_lock()
        ended.acquire()
        call = Call(context, function, lambda _call: ended.release())
        self.begin(call)
        ended.acquire()
        return call.outcome()

    def _work(self) -> None:
        while True:
            self._waiting.acquire()
            call, self._call = self._call, None
            if call is None:
                break
            call.run()
            del call
        if self._rest is not None:
            self._rest()

    def become(self, rest: Callable[[], object]) -> None:
        """Have the thread run this as the last thing that it does."""
        self._rest = rest
        self._waiting.release()

    def end(self) -> None:
        """End the thread."""
        self._waiting.release()
        self._thread.join()


_own: Worker | None = None


def own() -> Worker:
    """The thread of this process; started at the first call."""
    global _own
    if _own is None:
        _own = Worker()
    return _own


def end() -> None:
    """End it, unless it is anyio's."""
    global _own
    worker, _own = _own, None
    if worker is not None:
        worker.end()


def start(thread: Thread) -> None:
    """Start a thread of anyio's; the first one in the thread that has been there before."""
    global _own
    worker, _own = _own, None
    if worker is None:
        from threading import Thread  # anyio has imported it

        Thread.start(thread)
    else:
        worker.become(thread.run)
