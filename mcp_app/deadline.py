"""One deadline for a whole call, shared by its steps."""

from __future__ import annotations

import time
from collections.abc import Callable

from mesh.runtime.record import Record


class Deadline(Record):
    """A moment by which a call has to be over.

    Attributes:
        seconds: how long the call had from its beginning, for messages.
        at: the moment, by `clock`.
        clock: monotonic seconds.
    """

    seconds: float
    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """The deadline of a call that begins now."""
        return cls(seconds, clock() + seconds, clock)

    def remaining(self, at_most: float = float("inf")) -> float:
        """Seconds left, at most `at_most`; 0 when it has passed."""
        return max(0.0, min(self.at - self.clock(), at_most))

    def part(self, share: float) -> Deadline:
        """The deadline of a step that may take `share`, 0 to 1, of the time that is left."""
        return Deadline.after(self.remaining() * share, self.clock)
