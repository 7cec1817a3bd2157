"""When this instance started; imported by both of its ways, and never twice."""

from __future__ import annotations

import time

# Monotonic seconds.
STARTED = time.monotonic()
