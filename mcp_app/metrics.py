"""Metrics of tools, how long and whether failed, as fields that CloudWatch reads in the log.

The embedded metric format: no request of its own, no extension, nothing to wait for.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Names of fields of the line itself; each pair of dimensions' values is a metric to pay for.
DIMENSIONS = ("environment", "tool")
METRICS = (
    {"Name": "tool_duration_ms", "Unit": "Milliseconds"},
    {"Name": "tool_errors", "Unit": "Count"},
)


@dataclass(frozen=True)
class ToolMetrics:
    """Says what CloudWatch shall read from a line about a tool's call.

    Attributes:
        namespace: CloudWatch's namespace of the metrics.
        environment: This deployment's environment, a dimension.
    """

    namespace: str
    environment: str

    def fields(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What the line says besides; nothing for a call of no tool.

        Args:
            call: As `mcp_app.call_log` notes it: a tool that there is, or `unknown`; never
                what a client wrote, so that there are no more metrics than tools.
        """
        if "tool" not in call:
            return {}
        directive = {
            "Namespace": self.namespace,
            "Dimensions": [list(DIMENSIONS)],
            "Metrics": list(METRICS),
        }
        return {
            "_aws": {
                "Timestamp": time.time_ns() // 1_000_000,
                "CloudWatchMetrics": [directive],
            },
            "environment": self.environment,
            "tool": call["tool"],
            "tool_duration_ms": call["tool_duration_ms"],
            "tool_errors": int(call["outcome"] != "ok"),
        }


def tool_metrics(namespace: str | None, environment: str) -> ToolMetrics | None:
    """What to say of tools; None where no namespace is set, and CloudWatch reads none."""
    return ToolMetrics(namespace, environment) if namespace else None
