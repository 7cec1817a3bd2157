"""The one event loop of this process, for both ways of answering.

A pool of connections is bound to the loop that it was made on.
"""

from __future__ import annotations

import sys

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

_loop: AbstractEventLoop | None = None
_taken = False


def event_loop() -> AbstractEventLoop:
    """The loop, made at the first need, and current on this thread."""
    global _loop, _taken
    import asyncio  # what a bare start does without

    if _loop is None or _loop.is_closed():
        _loop, _taken = asyncio.new_event_loop(), False
    # A tool that used `asyncio.run` on this thread has taken the loop away.
    asyncio.set_event_loop(_loop)
    return _loop


def take() -> AbstractEventLoop:
    """The loop for FastMCP's way, which closes it: the one that is there, unless it is taken."""
    global _loop, _taken
    if _taken:
        _loop = None
    made = event_loop()
    _taken = True
    return made


async def in_thread[Result](function: Callable[[], Result]) -> Result:
    """What a function gives that must not keep the loop waiting.

    Without a running loop nobody else waits: it is called where it stands.
    """
    asyncio = sys.modules.get("asyncio")
    # The public function raises where there is none.
    if asyncio is None or asyncio._get_running_loop() is None:
        return function()
    made: Result = await asyncio.to_thread(function)
    return made
