"""Tracebacks that something printed: each of their lines is an event of its own."""

from __future__ import annotations

from mesh.logs.log_line import TRACEBACK

# Between two tracebacks of one chain.
# https://docs.python.org/3/library/traceback.html
CHAINS = ("During handling of the above exception", "The above exception was the direct cause")


class Tracebacks:
    """Tells which events belong to a printed traceback, stream by stream."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def holds(self, stream: str, message: str) -> bool:
        """Say whether an event is a line of one; ask in the order of the events.

        Args:
            stream: The log stream, so the instance that wrote it.
            message: What was written.
        """
        if message.startswith((TRACEBACK, *CHAINS)):
            self._open.add(stream)
            return True
        if stream not in self._open:
            return False
        # Its frames are indented, and the line with the exception ends it.
        if message.strip() and not message.startswith((" ", "\t")):
            self._open.discard(stream)
        return True
