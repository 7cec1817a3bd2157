"""How many calls a caller may make in a minute: a token bucket for each, in this instance.

Another instance has buckets of its own, so a caller who is served by three gets three times
as much. What caps all of them together is the function's reserved concurrency.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE_SECONDS = 60
# About 200 bytes each; the one that called longest ago gives way.
MAX_CALLERS = 10_000


class RateLimit:
    """Takes calls out of callers' buckets, which fill again as time goes by.

    Args:
        per_minute: What a caller may do unless it has a rate of its own; None for no limit.
        clock: Seconds since 1970; runs on while Lambda has the instance frozen.
    """

    def __init__(self, per_minute: int | None, *, clock: Callable[[], float] = time.time) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, calls: int = 1, *, per_minute: int | None = None) -> int | None:
        """Let these calls through, or none of them.

        A bucket holds a minute's worth, so that a burst passes.

        Args:
            caller: Whose bucket it is.
            calls: How many.
            per_minute: The caller's own rate.

        Returns:
            None when they may pass, else for how many seconds they should wait.
        """
        rate = per_minute or self._per_minute
        if rate is None:
            return None
        now = self._clock()
        left, at = self._buckets.pop(caller, (float(rate), now))
        left = min(rate, left + max(0.0, now - at) * rate / MINUTE_SECONDS)
        wait = None if left >= calls else math.ceil((calls - left) * MINUTE_SECONDS / rate)
        self._buckets[caller] = (left if wait else left - calls, now)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        return wait

    def give_back(self, caller: str, calls: int = 1) -> None:
        """Undo a `take` that let calls through."""
        if caller in self._buckets:
            left, at = self._buckets[caller]
            self._buckets[caller] = (left + calls, at)
