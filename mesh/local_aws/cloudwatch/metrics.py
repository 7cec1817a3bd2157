"""AWS/Lambda metrics of invocations and of Function URLs, and when alarms are looked at.

Counted where a request runs, and written by the control plane in one go: a request waits
for none of it, and MiniStack's stores are touched by one thread only.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html and
https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass

from ministack.core.responses import request_scope
from ministack.services import cloudwatch

from mesh.local_aws.cloudwatch import embedded_metrics
from mesh.local_aws.cloudwatch.retention import cut_points
from mesh.local_aws.functions import FunctionName

NAMESPACE = "AWS/Lambda"
CLIENT_ERRORS = range(400, 500)
SERVER_ERRORS = range(500, 600)
# How often alarms are looked at where nothing new was counted: time alone changes a state.
QUIET_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Datum:
    function: FunctionName
    # The alias or version that was asked for; AWS shows it as `name:qualifier`.
    qualifier: str | None
    metric: str
    unit: str
    value: float


_waiting: Counter[_Datum] = Counter()
_lock = threading.Lock()
_looks = deque([0.0], maxlen=1)


def record_invocation(
    function: FunctionName,
    qualifier: str | None,
    *,
    duration_ms: float | None,
    error: bool,
    concurrency: int,
) -> None:
    """Count an invocation that was not throttled.

    Args:
        function: Which function.
        qualifier: Alias or version that was asked for.
        duration_ms: Time in the function's code; None when it never got so far.
        error: It failed, for whatever reason.
        concurrency: How many of the function ran at the time, this one included.
    """
    counts = {"Invocations": 1.0, "Errors": float(error), "Throttles": 0.0}
    counts["ConcurrentExecutions"] = float(concurrency)
    _add(function, qualifier, counts, "Count")
    if duration_ms is not None:
        _add(function, qualifier, {"Duration": float(round(duration_ms))}, "Milliseconds")


def record_throttle(function: FunctionName, qualifier: str | None) -> None:
    """Count a refused invocation: AWS does not count it among the invocations."""
    _add(function, qualifier, {"Throttles": 1.0}, "Count")


def record_url_request(
    function: FunctionName, qualifier: str | None, *, status: int, latency_ms: float
) -> None:
    """Count a request at a Function URL, whether the function was asked or not."""
    counts = {
        "UrlRequestCount": 1.0,
        "Url4xxCount": float(status in CLIENT_ERRORS),
        "Url5xxCount": float(status in SERVER_ERRORS),
    }
    _add(function, qualifier, counts, "Count")
    _add(function, qualifier, {"UrlRequestLatency": float(round(latency_ms))}, "Milliseconds")


def publish() -> None:
    """Write what was counted since the last time, then look at the alarms: see QUIET_SECONDS.

    Called on the control plane's loop. Equal values are one point with a count, which
    CloudWatch has too (PutMetricData's Values and Counts).
    """
    global _waiting
    with _lock:
        counted, _waiting = _waiting, Counter()
    places = {(datum.function.account, datum.function.region) for datum in counted}
    now = time.time()
    for account, region in places:
        with request_scope(account, region):
            for datum, count in counted.items():
                if (datum.function.account, datum.function.region) == (account, region):
                    _write(datum, count, now)
    embedded = embedded_metrics.taken()
    if not places and not embedded and now - _looks[0] < QUIET_SECONDS:
        return
    _looks.append(now)
    for account, region in {key[:2] for key in list(cloudwatch._alarms._data)}:  # noqa: SLF001 - MiniStack is in this process, and pinned
        with request_scope(account, region):
            cloudwatch._evaluate_all_alarms()  # noqa: SLF001 - see above


def _add(
    function: FunctionName, qualifier: str | None, values: dict[str, float], unit: str
) -> None:
    with _lock:
        for metric, value in values.items():
            _waiting[_Datum(function, qualifier, metric, unit, value)] += 1


def _write(datum: _Datum, count: int, now: float) -> None:
    by_function = {"FunctionName": datum.function.name}
    resource = f"{datum.function.name}:{datum.qualifier}" if datum.qualifier else None
    for dimensions in (by_function, by_function | {"Resource": resource or datum.function.name}):
        key = (NAMESPACE, datum.metric, cloudwatch._dims_key(dimensions))  # noqa: SLF001 - see above
        points = cloudwatch._metric_bucket(key)  # noqa: SLF001 - see above
        points.append(
            {
                "Timestamp": now,
                "Value": datum.value,
                "Count": float(count),
                "Unit": datum.unit,
                "Dimensions": dimensions,
            }
        )
        cut_points(points)
