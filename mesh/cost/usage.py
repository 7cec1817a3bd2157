"""What is asked of a server in a month, and how long Lambda bills for it."""

from __future__ import annotations

import math
from dataclasses import dataclass

WHOLE_PROCESSOR_MB = 1769
GB_MB = 1024
GB_KB = 1024 * 1024
MILLION = 1_000_000
# AWS's own estimates count a month as 730 hours.
MONTH_HOURS = 730
MONTH_SECONDS = MONTH_HOURS * 3600


@dataclass(frozen=True)
class Usage:
    """A month of requests.

    Attributes:
        requests: how many.
        duration_ms: what Lambda bills for one, on average, without INIT.
        cold_share: the share of requests that start an instance, 0 to 1.
        init_ms: what Lambda bills for a start; INIT is billed since August 2025.
        response_kb: what leaves AWS for one request.
        log_kb: what one request writes to the log.
    """

    requests: float = 100_000
    duration_ms: float = 100
    cold_share: float = 0.01
    init_ms: float = 500
    response_kb: float = 4
    log_kb: float = 1

    @property
    def transfer_gb(self) -> float:
        """What leaves AWS in the month."""
        return self.requests * self.response_kb / GB_KB

    @property
    def log_gb(self) -> float:
        """What is written to the log in the month."""
        return self.requests * self.log_kb / GB_KB


def billed_ms(cpu_ms: float, memory_mb: int, waiting_ms: float = 0.0) -> int:
    """The milliseconds that Lambda bills for work of so much CPU time.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html

    Args:
        cpu_ms: Of a whole processor; the work is one thread's, so more is no help.
        memory_mb: What decides the share of a processor.
        waiting_ms: Spent on others, whatever the memory.
    """
    share = min(1.0, memory_mb / WHOLE_PROCESSOR_MB)
    return math.ceil(cpu_ms / share + waiting_ms)


def gb_seconds(milliseconds: float, memory_mb: int) -> float:
    """What a duration counts."""
    return milliseconds / 1000 * memory_mb / GB_MB
