"""What calls cost on AWS, computed from the time that they took here.

Prices and the rule by which Lambda bills are those of `mesh cost`.
"""

from __future__ import annotations

from mesh.cost.bill import Beside
from mesh.cost.lambda_bill import Function, bill
from mesh.cost.prices import Prices, load
from mesh.cost.usage import MILLION, Usage, billed_ms

MEMORIES_MB = (128, 256, 512, 1024, 1769)
# One call in so many starts an instance.
COLD_SHARE = 0.01
NOTHING_ELSE = Beside(alarms=0, composite_alarms=0, dashboards=0, metrics=0)


def _lines(function: Function, usage: Usage, prices: Prices | None) -> dict[str, float]:
    return bill(function, usage, NOTHING_ELSE, prices or load()).lines


def million_calls(
    cold_cpu_ms: float,
    warm_cpu_ms: float,
    memory_mb: int,
    *,
    cold_share: float = COLD_SHARE,
    prices: Prices | None = None,
) -> float:
    """US dollars for a million calls on arm64, beyond the free tier.

    Args:
        cold_cpu_ms: INIT and the first call together.
        warm_cpu_ms: Any other call.
        memory_mb: The function's.
        cold_share: The share of calls that start an instance, 0 to 1.
        prices: Of the region; those of us-east-1 when None.
    """
    mean = cold_share * billed_ms(cold_cpu_ms, memory_mb)
    mean += (1 - cold_share) * billed_ms(warm_cpu_ms, memory_mb)
    lines = _lines(Function(memory_mb=memory_mb), Usage(MILLION, mean, 0.0), prices)
    return lines["Requests"] + lines["Duration"]


def cold_starts(
    init_cpu_ms: float, memory_mb: int, starts: int, prices: Prices | None = None
) -> float:
    """US dollars for the INIT of so many instances."""
    usage = Usage(starts, 0.0, 1.0, billed_ms(init_cpu_ms, memory_mb))
    return _lines(Function(memory_mb=memory_mb), usage, prices)["INIT of cold starts"]


def snap_starts(
    memory_mb: int, starts: int, *, versions: int = 1, prices: Prices | None = None
) -> tuple[float, float]:
    """SnapStart's price instead: a month of cached snapshots, and the restores, in US dollars.

    https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html#snapstart-pricing

    Args:
        memory_mb: The function's; its snapshot counts as much.
        starts: Instances that are restored.
        versions: Published versions that keep a snapshot.
        prices: Of the region.
    """
    function = Function(memory_mb=memory_mb, snap_start=True, versions=versions)
    lines = _lines(function, Usage(starts, 0.0, 1.0), prices)
    return lines["SnapStart snapshots"], lines["SnapStart restores"]
