"""A month's bill: its lines, and what all options share."""

from __future__ import annotations

from dataclasses import dataclass, field

from mesh.cost.prices import Prices
from mesh.cost.usage import Usage

# What alarms and saved queries count, for any server.
OWN_METRICS = 5


@dataclass(frozen=True)
class Bill:
    """What one way of running a server costs a month.

    Attributes:
        name: the way, in at most two words of eight letters.
        lines: US dollars by line.
    """

    name: str
    lines: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """US dollars a month."""
        return sum(self.lines.values())


@dataclass(frozen=True)
class Beside:
    """What stands beside a server, wherever it runs.

    Attributes:
        alarms: metrics that alarms read; AWS counts these, not alarms.
        composite_alarms: which combine others.
        dashboards: of CloudWatch.
        metrics: custom ones; Mesh writes five, and two for each tool that is used.
        log_days: how long the log is kept.
        free_tier: whether this server alone uses what the account has free.
    """

    alarms: int = 25
    composite_alarms: int = 1
    dashboards: int = 1
    metrics: int = OWN_METRICS
    log_days: int = 30
    free_tier: bool = False

    def free(self, prices: Prices, name: str) -> float:
        """What is not paid."""
        return prices.free[name] if self.free_tier else 0.0


def paid(used: float, free: float) -> float:
    """What is left to pay."""
    return max(0.0, used - free)


def shared_lines(usage: Usage, beside: Beside, prices: Prices) -> dict[str, float]:
    """Log and monitoring: the same for each way of running the server."""
    kept_gb = usage.log_gb * beside.log_days / 30
    alarms = paid(beside.alarms, beside.free(prices, "alarms")) * prices["alarm"]
    return {
        "Log": paid(usage.log_gb, beside.free(prices, "logs_gb")) * prices["logs_ingested"]
        + kept_gb * prices["logs_stored"],
        "Alarms": alarms,
        "Composite alarm": beside.composite_alarms * prices["composite_alarm"],
        "Dashboard": paid(beside.dashboards, beside.free(prices, "dashboards"))
        * prices["dashboard"],
        "Metrics": paid(beside.metrics, beside.free(prices, "metrics")) * prices["metric"],
    }


def transfer(usage: Usage, beside: Beside, prices: Prices) -> float:
    """What leaves the region for the internet."""
    return paid(usage.transfer_gb, beside.free(prices, "transfer_gb")) * prices["transfer_out"]
