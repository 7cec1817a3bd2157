"""Which state a metric alarm has: statistics by period, metric math, and what missing data means.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

from mesh.local_aws.cloudwatch.metric_math import Expression, UnsupportedExpressionError, Value

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}
# How a period without data counts; `missing` and `ignore` leave it out.
MISSING = {"breaching": True, "notBreaching": False}


def refusal(alarm: dict[str, Any]) -> str | None:
    """Say why an alarm could not be evaluated here; None where it can.

    Args:
        alarm: As PutMetricAlarm's parameters have it.
    """
    if alarm.get("ComparisonOperator") not in COMPARISONS:
        return f"local AWS does not compare with {alarm.get('ComparisonOperator')}"
    queries = alarm.get("Metrics") or []
    known = {query.get("Id") for query in queries}
    returned = [query for query in queries if query.get("ReturnData", True)]
    if queries and len(returned) != 1:
        return "exactly one of Metrics must have ReturnData"
    for query in queries:
        if not query.get("Expression"):
            continue
        try:
            unknown = Expression(query["Expression"]).ids - known
        except UnsupportedExpressionError as error:
            return str(error)
        if unknown:
            return f"{query['Expression']!r} uses {', '.join(sorted(unknown))}, which is not there"
    return None


def evaluate(alarm: dict[str, Any]) -> None:
    """Give an alarm its state, and tell of a change as MiniStack does."""
    periods = int(alarm.get("EvaluationPeriods") or 1)
    needed = int(alarm.get("DatapointsToAlarm") or periods)
    now = time.time()
    values = [_value(alarm, now, back) for back in range(periods)]
    state, value = _state(alarm, values, needed)
    if state is None or state == alarm["StateValue"]:
        return
    said = "no data" if value is None else f"{value:g}"
    reason = (
        f"Threshold Crossed: {said} {alarm['ComparisonOperator']} {alarm.get('Threshold', 0):g}"
        if state == "ALARM"
        else f"Threshold not crossed: {said}, {alarm['ComparisonOperator']} "
        f"{alarm.get('Threshold', 0):g}"
    )
    before, alarm["StateValue"] = alarm["StateValue"], state
    alarm["StateReason"], alarm["StateUpdatedTimestamp"] = reason, int(now)
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)  # noqa: SLF001 - MiniStack is in this process, and pinned
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)  # noqa: SLF001 - see above
    cloudwatch._evaluate_parent_alarms(alarm)  # noqa: SLF001 - see above


def _state(alarm: dict[str, Any], values: list[Value], needed: int) -> tuple[str | None, Value]:
    """The state, None for the one that it has, and the value that decides it."""
    compare = COMPARISONS[alarm["ComparisonOperator"]]
    treatment = str(alarm.get("TreatMissingData") or "missing")
    threshold = float(alarm.get("Threshold") or 0)
    judged = [
        (MISSING.get(treatment) if value is None else compare(value, threshold), value)
        for value in values
    ]
    breaching = [value for bad, value in judged if bad]
    if len(breaching) >= needed:
        return "ALARM", breaching[0]
    if all(bad is None for bad, _ in judged):
        return (None if treatment == "ignore" else "INSUFFICIENT_DATA"), None
    return "OK", next((value for value in values if value is not None), None)


def _value(alarm: dict[str, Any], now: float, back: int) -> Value:
    """The value of one period, counted back from now."""
    queries = alarm.get("Metrics")
    if not queries:
        statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
        return _statistic(alarm, int(alarm.get("Period") or 60), statistic, now, back)
    values: dict[str, Value] = {}
    period = 60
    for query in queries:
        measured = query.get("MetricStat")
        if measured:
            period = int(measured.get("Period") or period)
            values[query["Id"]] = _statistic(
                measured["Metric"], period, measured["Stat"], now, back
            )
    waiting = [query for query in queries if query.get("Expression")]
    # One may use another, in any order.
    for _ in waiting:
        for query in waiting:
            values[query["Id"]] = Expression(query["Expression"]).value(values)
    (returned,) = (query["Id"] for query in queries if query.get("ReturnData", True))
    return values[returned]


def _statistic(metric: dict[str, Any], period: int, name: str, now: float, back: int) -> Value:
    dimensions = cloudwatch._dims_from_list(metric.get("Dimensions") or [])  # noqa: SLF001 - see above
    key = (metric.get("Namespace"), metric.get("MetricName"), cloudwatch._dims_key(dimensions))  # noqa: SLF001 - see above
    until = now - back * period
    points = [
        point
        # New ones are at the end; what is not there must not be made by looking.
        for point in cloudwatch._metrics.get(key, ())  # noqa: SLF001 - see above
        if until - period < point["Timestamp"] <= until
    ]
    if not points:
        return None
    value = cloudwatch._stat_value(cloudwatch._calc_stats(points), name, points)  # noqa: SLF001 - see above
    return None if value is None else float(value)
