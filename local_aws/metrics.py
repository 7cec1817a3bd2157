"""AWS/Lambda metrics of each invocation, so that alarms on them see URL traffic."""

from __future__ import annotations

from ministack.core.responses import request_scope
from ministack.services import lambda_svc

from local_aws.functions import FunctionName


def record_invocation(
    function: FunctionName, *, duration_ms: float, error: bool, throttled: bool = False
) -> None:
    """Add Invocations, Errors, Throttles and Duration of one invocation.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    with request_scope(function.account, function.region):
        lambda_svc._emit_lambda_metrics(function.name, duration_ms, error, throttled)  # noqa: SLF001 - MiniStack is in this process, and pinned
