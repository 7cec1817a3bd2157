"""Which events are shown, and how: the choice of `mesh logs`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mesh.logs import log_line
from mesh.logs.logs import Event
from mesh.logs.tracebacks import Tracebacks

# As wide as the time before a line.
INDENT = " " * 10


@dataclass(frozen=True)
class View:
    """What somebody wants to see of a log.

    Attributes:
        width: the most columns of a line; None cuts nothing.
        text: only events with it, in any case; None for all.
        errors: only failures, with their tracebacks, which are never cut.
        raw: events as they were written.
    """

    width: int | None = None
    text: str | None = None
    errors: bool = False
    raw: bool = False
    _printed: Tracebacks = field(default_factory=Tracebacks)

    def lines(self, event: Event) -> Iterator[str]:
        """Give what is shown of an event, perhaps nothing; ask in the order of the events."""
        message = event.message
        in_traceback = self._printed.holds(event.stream, message)
        if self.text and self.text.lower() not in message.lower():
            return
        if self.errors and not in_traceback and not log_line.failed(message):
            return
        if self.raw:
            yield message
        elif self.errors and in_traceback:
            yield f"{INDENT}{message.rstrip()}"
        else:
            shown = log_line.line(event.timestamp_ms, message, width=self.width)
            if shown is not None:
                yield shown
            if self.errors:
                yield from (f"{INDENT}{frame}" for frame in log_line.frames(message))
