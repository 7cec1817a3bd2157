"""Since when this instance lives; imported by both of its ways, and never twice."""

from __future__ import annotations

import time

from mesh.runtime.aws import snapshot


class Lifetime:
    """Since when this instance lives; of a copy, since it was restored.

    Attributes:
        began: Monotonic seconds.
    """

    began: float

    def __init__(self) -> None:
        self.begin()
        snapshot.forgets(self.begin)

    def begin(self) -> None:
        """Count from now on."""
        self.began = time.monotonic()


LIFETIME = Lifetime()
