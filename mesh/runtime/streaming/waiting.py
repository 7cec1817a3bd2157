"""What a client hears while a tool runs that FastMCP does not call: the same as from FastMCP.

The head of an event stream at once, or with the first comment in the newest era; a comment when
nothing came for long; and an error when time is up. `mesh.runtime.endpoint` and `exchange` do
it in FastMCP's way.
"""

from __future__ import annotations

from _thread import allocate_lock, start_new_thread

from mesh.runtime.fast_path.replies import STREAM_HEADERS
from mesh.runtime.request.accept import PING, PING_SECONDS

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mesh.runtime.streaming.response import Response

# Left for saying that time is up, before Lambda kills the instance without a word.
SPARE_SECONDS = 0.2
TIMED_OUT = "Function.TimedOut", "Time is up."


class Waiting:
    """Keeps a client waiting.

    Attributes:
        response: To the invocation that is being answered.
    """

    def __init__(self) -> None:
        self.response: Response | None = None
        self._events = self._at_once = False

    def expect(self, *, events: bool, at_once: bool) -> None:
        """Say what the answer to the next call may be.

        Args:
            events: An event stream.
            at_once: An event stream in any case, so that it can begin before the call.
        """
        self._events, self._at_once = events, at_once

    def during(self, function: Callable[[], Any]) -> Any:
        """What a function gives, which may take its time.

        Raises:
            BaseException: whatever it raises.
        """
        response = self.response
        if response is None:
            return function()
        if self._at_once:
            response.comment(STREAM_HEADERS)
        ended, left = allocate_lock(), allocate_lock()
        ended.acquire()
        left.acquire()

        def watch() -> None:
            try:
                self._watch(response, ended)
            finally:
                left.release()

        start_new_thread(watch, ())
        try:
            return function()
        finally:
            ended.release()
            # Nothing is said any more once this thread answers.
            left.acquire()

    def _watch(self, response: Response, ended: Any) -> None:
        while True:
            remaining = response.invocation.get_remaining_time_in_millis() / 1000 - SPARE_SECONDS
            if ended.acquire(timeout=max(0.0, min(remaining, PING_SECONDS))):
                return
            if remaining <= PING_SECONDS:
                response.fail(*TIMED_OUT)
                return
            if self._events:
                response.comment(STREAM_HEADERS, PING)
