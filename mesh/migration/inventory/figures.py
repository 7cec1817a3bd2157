"""What CloudWatch says of the old service: load, use of its size, and durations."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.old_service import OldService

DAYS = 30
PERIOD_SECONDS = 3600


@dataclass(frozen=True)
class Figures:
    """A month of the old service; None where CloudWatch has nothing.

    Attributes:
        days: between the first value and now.
        memory_share: highest use of the task's memory, 0 to 1.
        cpu_share: mean use of its processors, 0 to 1.
        requests: which came through the load balancer.
        mean_seconds: of an answer.
        longest_seconds: of an answer, the longest that was seen.
        sent_gb: which the load balancer passed on.
    """

    days: float = DAYS
    memory_share: float | None = None
    cpu_share: float | None = None
    requests: float | None = None
    mean_seconds: float | None = None
    longest_seconds: float | None = None
    sent_gb: float | None = None

    @property
    def month(self) -> float | None:
        """Requests in 30 days."""
        return None if self.requests is None else self.requests * DAYS / self.days


def read(reads: Reads, old: OldService, now: dt.datetime | None = None) -> Figures:
    """Read the last 30 days."""
    end = now or dt.datetime.now(dt.UTC)
    of_service = {"ClusterName": old.cluster, "ServiceName": old.name}
    memory = _values(reads, "AWS/ECS", "MemoryUtilization", of_service, "Maximum", end)
    cpu = _values(reads, "AWS/ECS", "CPUUtilization", of_service, "Average", end)
    count: list[dict[str, Any]] = []
    mean: list[dict[str, Any]] = []
    longest: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    for balancer in old.load_balancers:
        name = {"LoadBalancer": balancer["LoadBalancerArn"].split(":loadbalancer/")[-1]}
        for group in old.target_groups:
            both = name | {"TargetGroup": group["TargetGroupArn"].split(":")[-1]}
            count += _values(reads, "AWS/ApplicationELB", "RequestCount", both, "Sum", end)
            response = "TargetResponseTime"
            mean += _values(reads, "AWS/ApplicationELB", response, both, "Average", end)
            longest += _values(reads, "AWS/ApplicationELB", response, both, "Maximum", end)
        sent += _values(reads, "AWS/ApplicationELB", "ProcessedBytes", name, "Sum", end)
    first = min((one["Timestamp"] for one in [*memory, *cpu, *count]), default=None)
    days = DAYS if first is None else max(1.0, min(DAYS, (end - first) / dt.timedelta(days=1)))
    return Figures(
        days=days,
        memory_share=max((one["Maximum"] / 100 for one in memory), default=None),
        cpu_share=sum(one["Average"] for one in cpu) / len(cpu) / 100 if cpu else None,
        requests=sum(one["Sum"] for one in count) if count else None,
        mean_seconds=sum(one["Average"] for one in mean) / len(mean) if mean else None,
        longest_seconds=max((one["Maximum"] for one in longest), default=None),
        sent_gb=sum(one["Sum"] for one in sent) / 1024**3 if sent else None,
    )


def _values(
    reads: Reads,
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    statistic: str,
    end: dt.datetime,
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = reads.ask(
        "load, memory and durations",
        "cloudwatch",
        "get_metric_statistics",
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=end - dt.timedelta(days=DAYS),
        EndTime=end,
        Period=PERIOD_SECONDS,
        Statistics=[statistic],
    ).get("Datapoints", [])
    return found
