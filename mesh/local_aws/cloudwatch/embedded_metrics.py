"""Metrics in log lines, in the embedded metric format, as CloudWatch Logs takes them out.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch

from mesh.local_aws.cloudwatch.retention import cut_points

MARK = '"CloudWatchMetrics"'

_taken = threading.Event()


def taken() -> bool:
    """Say whether there were any since the last call."""
    was = _taken.is_set()
    _taken.clear()
    return was


def take(message: str) -> None:
    """Store the metrics of one event in the current account and region.

    A line that breaks the format's rules has none, as on AWS.
    """
    if MARK not in message:
        return
    try:
        line = json.loads(message)
        found = [*_data(line)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    for namespace, name, dimensions, datum in found:
        key = (namespace, name, cloudwatch._dims_key(dimensions))  # noqa: SLF001 - MiniStack is in this process, and pinned
        points = cloudwatch._metric_bucket(key)  # noqa: SLF001 - see above
        points.append({**datum, "Dimensions": dimensions})
        cut_points(points)
        _taken.set()


def _data(line: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, str], dict[str, Any]]]:
    about = line["_aws"]
    moment = about["Timestamp"] / 1000
    for directive in about["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: str(line[name]) for name in names}
            for metric in directive["Metrics"]:
                told = line[metric["Name"]]
                for value in told if isinstance(told, list) else [told]:
                    datum = {
                        "Timestamp": moment,
                        "Value": float(value),
                        "Unit": metric.get("Unit", "None"),
                    }
                    yield directive["Namespace"], metric["Name"], dimensions, datum
