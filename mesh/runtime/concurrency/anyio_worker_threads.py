"""One task that lasts as long as the instance: the root of all others, as anyio sees it.

anyio ends its worker threads with the root task, which is the task that `run_until_complete`
runs. Each invocation would be such a task, so each call of a tool that is a plain function
would start and end a thread. But anyio looks for the root once, and keeps it until it is done.
https://anyio.readthedocs.io/en/stable/threads.html
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

import anyio.to_thread
from anyio._backends._asyncio import WorkerThread

from mesh.runtime.concurrency import worker_thread

# What tools have put into the thread of the fast path stays theirs.
WorkerThread.start = worker_thread.start  # type: ignore[method-assign, assignment]

_kept: set[asyncio.Task[None]] = set()


def _nothing() -> None:
    """Need a thread."""


async def _last(loop: asyncio.AbstractEventLoop) -> None:
    # What makes anyio look for its root.
    await anyio.to_thread.run_sync(_nothing)
    loop.stop()
    await loop.create_future()


def kept(loop: asyncio.AbstractEventLoop) -> asyncio.Task[None]:
    """Make this loop's root task; cancel it at the end, and its threads end with it.

    Args:
        loop: Not running.
    """
    task = loop.create_task(_last(loop))
    # Stopped before the task is done, which is what this says.
    with suppress(RuntimeError):
        loop.run_until_complete(task)
    if task.done():
        # No thread could be started: nothing here would work.
        task.result()
    _kept.add(task)
    task.add_done_callback(_kept.discard)
    return task


def _end() -> None:
    """End what is left: a process waits for its threads, and they for work."""
    for task in list(_kept):
        loop = task.get_loop()
        if not loop.is_running() and not loop.is_closed():
            task.cancel()
            with suppress(asyncio.CancelledError):
                loop.run_until_complete(task)


# The only moment before threads are waited for; executors of the standard library use it too.
threading._register_atexit(_end)  # type: ignore[attr-defined]
