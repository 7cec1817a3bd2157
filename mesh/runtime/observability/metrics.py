"""Metrics of tools and requests, as fields that CloudWatch reads in the log.

The embedded metric format: no request of its own, no extension, nothing to wait for.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from mesh.runtime.observability.way import UNEXPECTED

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Names of fields of the line itself; each pair of dimensions' values is a metric to pay for.
WAYS = {
    "Dimensions": [["environment", "way"]],
    "Metrics": [{"Name": "requests", "Unit": "Count"}],
}
TOOLS = {
    "Dimensions": [["environment", "tool"]],
    "Metrics": [
        {"Name": "tool_duration_ms", "Unit": "Milliseconds"},
        {"Name": "tool_errors", "Unit": "Count"},
    ],
}
# What alarms watch. An alarm cannot add metrics up over tools, and a failing candidate must not
# raise one of live's. Each is 0 or 1, so that the number of samples is what a share is taken of.
WATCHED_REQUESTS = {
    "Dimensions": [["environment", "alias"]],
    "Metrics": [
        {"Name": "refused", "Unit": "Count"},
        {"Name": "unexpected_full", "Unit": "Count"},
    ],
}
WATCHED_CALLS = {
    "Dimensions": [["environment", "alias"]],
    "Metrics": [{"Name": "tool_errors", "Unit": "Count"}],
}


class ToolMetrics:
    """Says which metrics CloudWatch reads from a line about a tool's call.

    Args:
        namespace: CloudWatch's namespace of the metrics.
        environment: This deployment's environment, a dimension.
    """

    def __init__(self, namespace: str, environment: str) -> None:
        # Half of a request's line, and the same in each: it is written once.
        self._ways, self._tools, self._watched_requests, self._watched_calls = (
            json.dumps({"Namespace": namespace, **directive})
            for directive in (WAYS, TOOLS, WATCHED_REQUESTS, WATCHED_CALLS)
        )
        self._environment = environment

    def fields(
        self,
        call: Mapping[str, Any],
        way: str | None = None,
        *,
        alias: str | None = None,
        reason: str | None = None,
        refused: bool = False,
    ) -> dict[str, Any]:
        """What the line says besides; nothing where there is nothing to count.

        `_aws` is JSON already, as `mesh.runtime.observability.logs` takes it.

        Args:
            call: As `call_log` notes it: a tool that there is, or `unknown`; never
                what a client wrote, so that there are no more metrics than tools.
            way: Of the request, which is counted; None for a line about no request.
            alias: That was asked for, such as `live`; None for no metrics that alarms watch.
            reason: Why FastMCP answered.
            refused: Whether the request was refused.
        """
        said: dict[str, Any] = {}
        directives = []
        if way is not None:
            directives.append(self._ways)
            said |= {"way": way, "requests": 1}
            if alias is not None:
                directives.append(self._watched_requests)
                said |= {"refused": int(refused), "unexpected_full": int(reason in UNEXPECTED)}
        if "tool" in call:
            directives.append(self._tools)
            said |= {
                "tool": call["tool"],
                "tool_duration_ms": call["tool_duration_ms"],
                "tool_errors": int(call["outcome"] != "ok"),
            }
            if alias is not None:
                directives.append(self._watched_calls)
        if not directives:
            return {}
        stamp = time.time_ns() // 1_000_000
        about = f'{{"Timestamp": {stamp}, "CloudWatchMetrics": [{", ".join(directives)}]}}'
        if alias is not None:
            said["alias"] = alias
        return {"_aws": about, "environment": self._environment, **said}


def tool_metrics(namespace: str | None, environment: str) -> ToolMetrics | None:
    """What to say of tools; None where no namespace is set, and CloudWatch reads none."""
    return ToolMetrics(namespace, environment) if namespace else None
