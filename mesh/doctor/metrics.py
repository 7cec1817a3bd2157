"""What CloudWatch counted, what the log said last, and which alarms are on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from mesh.doctor.function import Function
from mesh.doctor.report import Answer, State
from mesh.logs import function_log

HOUR = 3600
# Of all requests; as the alarms have it by default.
BAD_SHARE = 0.05
SHOWN_ERROR = 200


class Metrics:
    """AWS's own metrics of a function's alias, of the last hour.

    Args:
        function: The function.
    """

    def __init__(self, function: Function) -> None:
        self._function = function
        self._alias = {"Resource": f"{function.name}:{function.qualifier}"}

    def total(self, metric: str) -> float:
        """Add a metric up."""
        return sum(self._values(metric, "Sum"))

    def maximum(self, metric: str) -> float:
        """Give a metric's highest value; of the whole function, which the limit is about."""
        return max(self._values(metric, "Maximum", of_alias=False), default=0)

    def _values(self, metric: str, statistic: str, *, of_alias: bool = True) -> list[float]:
        now = datetime.now(UTC)
        named = {"FunctionName": self._function.name, **(self._alias if of_alias else {})}
        found = self._function.access.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in named.items()],
            StartTime=now - timedelta(seconds=HOUR),
            EndTime=now + timedelta(minutes=1),
            Period=HOUR,
            Statistics=[statistic],
        )
        return [point[statistic] for point in found["Datapoints"]]


def errors(function: Function, metrics: Metrics) -> Answer:
    """Say how many requests failed in the last hour, and what the log says last of a failure."""
    asked, refused, failed = (
        int(metrics.total(name)) for name in ("UrlRequestCount", "Url4xxCount", "Url5xxCount")
    )
    broken = int(metrics.total("Errors"))
    counted = (
        f"{asked} requests in the last hour: {failed} with 5xx, {refused} with 4xx; "
        f"{broken} invocations failed"
    )
    told = [counted]
    logs = function.access.client("logs")
    since = int((time.time() - HOUR) * 1000)
    last = function_log.last_error(logs, f"/aws/lambda/{function.name}", since)
    if last:
        told.append(f"last: {last[0]}"[:SHOWN_ERROR])
    return Answer(
        "errors",
        State.WRONG if asked and max(failed, broken) / asked >= BAD_SHARE else State.OK,
        tuple(told),
        {"requests": asked, "4xx": refused, "5xx": failed, "failed": broken, "last": last},
    )


def alarms(function: Function) -> Answer:
    """Say which of the function's alarms are on, and since when."""
    pages = (
        function.access.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=f"{function.name}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    found = [alarm for page in pages for alarm in (*page["MetricAlarms"], *page["CompositeAlarms"])]
    # Only the composite one notifies; the others say why.
    on = {
        alarm["AlarmName"].removeprefix(f"{function.name}-"): alarm["StateUpdatedTimestamp"]
        for alarm in found
        if alarm["StateValue"] == "ALARM"
    }
    told = ", ".join(f"{name} since {since:%Y-%m-%d %H:%M}" for name, since in on.items())
    silent = [alarm["AlarmName"] for alarm in found if not alarm.get("ActionsEnabled", True)]
    if silent:
        told = "; ".join(filter(None, [told, f"{len(silent)} may not notify"]))
    return Answer(
        "alarms",
        State.WRONG if "unhealthy" in on or silent else State.OK,
        (told or ("none is on" if found else "there are none"),),
        {"on": sorted(on), "count": len(found), "silent": silent},
    )
