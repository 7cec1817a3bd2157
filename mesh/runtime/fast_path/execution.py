"""Runs tools as FastMCP does: a plain function in a worker thread, a coroutine on the loop.

Each call runs in a copy of the context. A coroutine that never waits needs no event loop. One
that does, or that imports asyncio, gets the loop that FastMCP will have, too: whatever is bound
to it outlives the way that a request is answered.
"""

from __future__ import annotations

import sys
from _contextvars import copy_context
from _thread import get_ident

from mesh.runtime.access.caller import call_from
from mesh.runtime.concurrency import worker_thread
from mesh.runtime.concurrency.worker_thread import Call

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from _contextvars import Context
    from collections.abc import Callable, Generator
    from typing import Any, Protocol

    from mesh.runtime.access.caller import Caller

    class Waiting(Protocol):
        """Keeps a client waiting, where answers are streamed: `mesh.runtime.streaming.waiting`."""

        def expect(self, *, events: bool, at_once: bool) -> None:
            """Say what the answer to the next call may be."""

        def during(self, function: Callable[[], Any]) -> Any:
            """What a function gives, which may take its time."""


# What asks for the running loop, whether or not asyncio has been imported.
ASYNC = frozenset({"anyio", "asyncio", "sniffio"})
_GENERATOR = type(_ for _ in ())


async def _nothing() -> None:
    """Be a coroutine."""


async def _no_items() -> Any:
    yield


_made = _nothing()
_COROUTINE = type(_made)
_made.close()
_ASYNC_GENERATOR = type(_no_items())


class Execution:
    """Runs the functions of tools, one at a time.

    Args:
        waiting: Keeps a client waiting meanwhile; None where its answer comes in one piece.
    """

    def __init__(self, waiting: Waiting | None = None) -> None:
        self._waiting = waiting
        self._threads_are_kept = False

    def run(self, function: Callable[[], Any], caller: Caller, *, in_thread: bool) -> Any:
        """What a function gives, once it has all been awaited and generated.

        Args:
            function: Plain, or one that gives a coroutine.
            caller: Whose call it is.
            in_thread: Whether it runs in a worker thread.

        Raises:
            BaseException: whatever it raises.
        """
        context = copy_context()
        call_from(caller, context)
        if self._waiting is None:
            return self._run(function, context, in_thread=in_thread)
        return self._waiting.during(lambda: self._run(function, context, in_thread=in_thread))

    def _run(self, function: Callable[[], Any], context: Context, *, in_thread: bool) -> Any:
        if not in_thread:
            return self._finish(function, context)
        if _needs_loop():
            self._keep_threads()
            made = self._in_loop(lambda: self._in_thread_of_loop(function), context)
        else:
            made = worker_thread.own().call(context, lambda: materialized(function()))
        # A plain function may give something to wait for.
        return made if not _waits(made) else self._finish(lambda: made, context)

    def _keep_threads(self) -> None:
        """Have anyio, once it is there, keep its thread from call to call, as FastMCP does."""
        if "anyio" in sys.modules and not self._threads_are_kept:
            from mesh.runtime.concurrency.anyio_worker_threads import kept
            from mesh.runtime.concurrency.event_loop import event_loop  # asyncio has been imported

            kept(event_loop())
            self._threads_are_kept = True

    async def _in_thread_of_loop(self, function: Callable[[], Any]) -> Any:
        if "anyio" in sys.modules:
            from anyio.to_thread import run_sync  # it has been imported

            return await run_sync(lambda: materialized(function()))
        from asyncio import get_running_loop

        loop = get_running_loop()
        ended = loop.create_future()

        def end(call: Call) -> None:
            if not ended.done():
                ended.set_result(call)

        worker_thread.own().begin(
            Call(
                copy_context(),
                lambda: materialized(function()),
                lambda call: loop.call_soon_threadsafe(end, call),
            )
        )
        call: Call = await ended
        return call.outcome()

    def _finish(self, function: Callable[[], Any], context: Context) -> Any:
        if _needs_loop():
            return self._in_loop(lambda: _finished(function), context)
        return self._without_loop(_finished(function), context)

    def _in_loop(self, function: Callable[[], Any], context: Context) -> Any:
        from mesh.runtime.concurrency.event_loop import event_loop  # asyncio has been imported

        loop = event_loop()
        return loop.run_until_complete(loop.create_task(function(), context=context))

    def _without_loop(self, coroutine: Any, context: Context) -> Any:
        """Run a coroutine until it waits, or imports asyncio; the rest runs on a loop."""
        entry = _LoopEntry(coroutine, context)
        sys.meta_path.insert(0, entry)
        try:
            first = context.run(coroutine.send, None)
        except StopIteration as end:
            return end.value
        finally:
            if entry in sys.meta_path:
                sys.meta_path.remove(entry)
            entry.leave()
        return entry.go_on(first)


class _LoopEntry:
    """Takes a coroutine that is running without a loop into one, when it imports asyncio.

    Until it waits for the first time, it is the loop's current task without the loop running:
    https://docs.python.org/3/library/asyncio-extending.html

    Args:
        coroutine: What is running.
        context: Its context.
    """

    def __init__(self, coroutine: Any, context: Context) -> None:
        self._coroutine = coroutine
        self._context = context
        self._thread = get_ident()
        self._rest = _Resumed(coroutine)
        self._loop: Any = None
        self._execute: Any = None
        self._task: Any = None

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """How to import asyncio, and enter the loop then; None for everything else."""
        # Another thread has no part in this.
        if name not in ASYNC or get_ident() != self._thread:
            return None
        sys.meta_path.remove(self)
        if name != "asyncio":
            import asyncio  # noqa: F401 - what it will look for

            self.enter()
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                self._execute = spec.loader.exec_module
                spec.loader.exec_module = self._executed  # type: ignore[method-assign]
                return spec
        return None

    def _executed(self, module: Any) -> None:
        self._execute(module)
        self.enter()

    def enter(self) -> None:
        """Make what is running the current task of the loop."""
        import asyncio  # it has just been imported

        from mesh.runtime.concurrency.event_loop import event_loop

        self._loop = loop = event_loop()
        # Its first step comes when the loop runs: after what is running now.
        self._task = loop.create_task(self._rest, context=self._context)
        asyncio._set_running_loop(loop)
        asyncio._enter_task(loop, self._task)
        loop.is_running = lambda: True  # type: ignore[method-assign]

    def leave(self) -> None:
        """Undo `enter`: the coroutine has ended, or waits."""
        if self._task is not None:
            import asyncio

            loop = self._loop
            del loop.is_running
            asyncio._leave_task(loop, self._task)
            asyncio._set_running_loop(None)
            if self._coroutine.cr_frame is None:
                # Nothing is left to be done.
                self._task.cancel()
                self._task = None

    def go_on(self, first: Any) -> Any:
        """Run what is left of the coroutine, which waits for `first`."""
        self._rest.first = first
        from mesh.runtime.concurrency.event_loop import event_loop  # it waits

        loop = event_loop()
        if self._task is None:
            self._task = loop.create_task(self._rest, context=self._context)
        return loop.run_until_complete(self._task)


class _Resumed:
    """What is left of a coroutine that waits already; a coroutine itself.

    Args:
        coroutine: It has been sent its first value by the time that this is.
    """

    def __init__(self, coroutine: Any) -> None:
        self._coroutine = coroutine
        self.first: Any = None
        self._resumed = False

    def send(self, value: Any) -> Any:
        """Give what the coroutine waits for; what it waits for next."""
        if not self._resumed:
            self._resumed = True
            return self.first
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an error where the coroutine waits."""
        self._resumed = True
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End the coroutine."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        yield self.first
        raise TypeError("only a task runs it")


def _needs_loop() -> bool:
    return not ASYNC.isdisjoint(sys.modules)


def _waits(value: Any) -> bool:
    kind = type(value)
    return kind in {_COROUTINE, _ASYNC_GENERATOR} or hasattr(kind, "__await__")


async def _finished(function: Callable[[], Any]) -> Any:
    try:
        value = function()
        if hasattr(type(value), "__await__"):
            value = await value
        if type(value) is _ASYNC_GENERATOR:
            return [item async for item in value]
        return materialized(value)
    except Exception:
        raise
    except BaseException:
        # Here: only a task knows whether somebody has cancelled it.
        from mesh.runtime.server.exits import contained_exits  # hardly ever

        with contained_exits():
            raise


def materialized(value: Any) -> Any:
    """A generator's items; anything else as it is."""
    return list(value) if type(value) is _GENERATOR else value
