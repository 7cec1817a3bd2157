"""What calls cost on AWS, computed from the time that they took here.

Prices of us-east-1, November 2026: https://aws.amazon.com/lambda/pricing/. Lambda gives a
function a share of a processor by its memory, a whole one at 1,769 MB, and bills started
milliseconds, INIT among them:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MEMORIES_MB = (128, 256, 512, 1024, 1769)
WHOLE_PROCESSOR_MB = 1769
GB_MB = 1024
MILLION = 1_000_000
MONTH_SECONDS = 30 * 24 * 3600
# One call in so many starts an instance.
COLD_SHARE = 0.01


@dataclass(frozen=True)
class Prices:
    """In US dollars.

    Attributes:
        requests_million: For a million requests.
        gb_second: For a GB of memory during a second.
        snapshot_gb_second: For a GB of a cached snapshot of SnapStart during a second.
        restore_gb: For restoring a GB of it.
    """

    requests_million: float
    gb_second: float
    snapshot_gb_second: float
    restore_gb: float


ARM64 = Prices(0.20, 0.0000133334, 0.0000015046, 0.0001397998)


def billed_ms(cpu_ms: float, memory_mb: int, waiting_ms: float = 0.0) -> int:
    """The milliseconds that Lambda bills for work of so much CPU time.

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


def million_calls(
    cold_cpu_ms: float,
    warm_cpu_ms: float,
    memory_mb: int,
    *,
    cold_share: float = COLD_SHARE,
    prices: Prices = ARM64,
) -> float:
    """US dollars for a million calls beyond the free tier.

    Args:
        cold_cpu_ms: INIT and the first call together.
        warm_cpu_ms: Any other call.
        memory_mb: The function's.
        cold_share: The share of calls that start an instance, 0 to 1.
        prices: Of the region and architecture.
    """
    mean = cold_share * billed_ms(cold_cpu_ms, memory_mb)
    mean += (1 - cold_share) * billed_ms(warm_cpu_ms, memory_mb)
    return prices.requests_million + MILLION * gb_seconds(mean, memory_mb) * prices.gb_second


def cold_starts(init_cpu_ms: float, memory_mb: int, starts: int, prices: Prices = ARM64) -> float:
    """US dollars for the INIT of so many instances."""
    return starts * gb_seconds(billed_ms(init_cpu_ms, memory_mb), memory_mb) * prices.gb_second


def snap_starts(
    memory_mb: int, starts: int, *, versions: int = 1, prices: Prices = ARM64
) -> tuple[float, float]:
    """SnapStart's price instead: a month of cached snapshots, and the restores, in US dollars.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-pricing

    Args:
        memory_mb: The function's; its snapshot counts as much.
        starts: Instances that are restored.
        versions: Published versions that keep a snapshot.
        prices: Of the region.
    """
    size_gb = memory_mb / GB_MB
    cached = versions * size_gb * MONTH_SECONDS * prices.snapshot_gb_second
    return cached, starts * size_gb * prices.restore_gb
