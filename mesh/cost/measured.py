"""Usage that was measured: in CloudWatch, or by a benchmark."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.cost.lambda_bill import Function
from mesh.cost.usage import Usage, billed_ms
from mesh.failure import CommandFailedError

DAYS = 30
# 720 values in 30 days; AWS gives at most 1,440 at once.
PERIOD_SECONDS = 3600
QUERY_SECONDS = 30.0
STARTS = (
    'filter @type = "REPORT" | stats count(*) as calls, count(@initDuration) as starts, '
    "avg(@initDuration) as init"
)


@dataclass(frozen=True)
class Measured:
    """A function and a month of its usage.

    Attributes:
        usage: What was asked of it, as far as it could be read.
        function: How it is set up.
        notes: What the figures rest on, and what could not be read.
    """

    usage: Usage
    function: Function
    notes: tuple[str, ...]


def from_cloudwatch(
    client: Callable[[str], Any],
    name: str,
    log_group: str | None,
    usage: Usage,
    *,
    now: dt.datetime | None = None,
) -> Measured:
    """Read the last 30 days of a function; fewer days count as if they went on.

    Args:
        client: Makes a client of an AWS service.
        name: The function's.
        log_group: Its log group; Lambda's own name when None.
        usage: What stands where nothing could be read.
        now: The end of the 30 days.

    Raises:
        CommandFailedError: there is no such function, or it was never called.
    """
    try:
        found = client("lambda").get_function_configuration(FunctionName=name)
        function = Function(
            architecture=found.get("Architectures", ["x86_64"])[0],
            memory_mb=found["MemorySize"],
            snap_start=found.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions",
        )
        calls, days = _daily(client, "Invocations", name, now)
        lasted, _ = _daily(client, "Duration", name, now)
    except (ClientError, BotoCoreError) as error:
        raise CommandFailedError(f"function {name} cannot be read: {error}") from error
    if not calls:
        raise CommandFailedError(
            f"function {name} was not called in the last {DAYS} days, as CloudWatch knows. "
            "Give the traffic: mesh cost --requests N --duration-ms MS"
        )
    span = f"{days:.0f} day{'' if round(days) == 1 else 's'}"
    notes = [f"{calls:,.0f} calls of {name} in {span}, from CloudWatch"]
    month = DAYS / days
    usage = replace(usage, requests=calls * month, duration_ms=lasted / calls)
    group = log_group or f"/aws/lambda/{name}"
    try:
        seen, starts, init = _starts(client("logs"), group, now)
        if seen:
            usage = replace(usage, cold_share=starts / seen)
            usage = replace(usage, init_ms=init) if starts else usage
        else:
            notes.append(f"cold starts are assumed: {group} has no report of a call")
    except (ClientError, BotoCoreError, CommandFailedError) as error:
        notes.append(f"cold starts are assumed: {group} cannot be queried ({error})")
    with contextlib.suppress(ClientError, BotoCoreError):
        logged = _sum(client, "AWS/Logs", "IncomingBytes", {"LogGroupName": group}, now)[0]
        if logged:
            usage = replace(usage, log_kb=logged / 1024 / calls)
    return Measured(usage, function, tuple(notes))


def _daily(
    client: Callable[[str], Any], metric: str, name: str, now: dt.datetime | None
) -> tuple[float, float]:
    return _sum(client, "AWS/Lambda", metric, {"FunctionName": name}, now)


def _sum(
    client: Callable[[str], Any],
    namespace: str,
    metric: str,
    dimensions: dict[str, str],
    now: dt.datetime | None,
) -> tuple[float, float]:
    """The sum, and the days since the first value."""
    end = now or dt.datetime.now(dt.UTC)
    found = client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=end - dt.timedelta(days=DAYS),
        EndTime=end,
        Period=PERIOD_SECONDS,
        Statistics=["Sum"],
    )["Datapoints"]
    if not found:
        return 0.0, DAYS
    first = min(point["Timestamp"] for point in found)
    days = max(1.0, min(DAYS, (end - first) / dt.timedelta(days=1)))
    return sum(point["Sum"] for point in found), days


def _starts(logs: Any, group: str, now: dt.datetime | None) -> tuple[float, float, float]:
    """Calls, cold starts and the mean INIT in the log's reports."""
    end = now or dt.datetime.now(dt.UTC)
    query = logs.start_query(
        logGroupName=group,
        startTime=int((end - dt.timedelta(days=DAYS)).timestamp()),
        endTime=int(end.timestamp()),
        queryString=STARTS,
    )["queryId"]
    deadline = time.monotonic() + QUERY_SECONDS
    while time.monotonic() < deadline:
        answer = logs.get_query_results(queryId=query)
        if answer["status"] == "Complete":
            row = {
                field["field"]: field["value"]
                for result in answer["results"][:1]
                for field in result
            }
            return (
                float(row.get("calls") or 0),
                float(row.get("starts") or 0),
                float(row.get("init") or 0),
            )
        time.sleep(0.5)
    raise CommandFailedError(f"no result within {QUERY_SECONDS:.0f} s")


def from_benchmark(file: Path, subject: str, memory_mb: int, usage: Usage) -> Measured:
    """Take durations from a file of `make bench`, which has CPU times of this kind of server.

    Args:
        file: such as docs/benchmarks/starts.json.
        subject: whose figures.
        memory_mb: the function's, which decides the share of a processor.
        usage: for everything else.

    Raises:
        CommandFailedError: there is no such file or subject, or it lacks the figures.
    """
    try:
        subjects = json.loads(file.read_text("utf-8"))["subjects"]
    except OSError as error:
        raise CommandFailedError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise CommandFailedError(f"{file} is not a file of `make bench`: {error!r}") from error
    if subject not in subjects:
        raise CommandFailedError(
            f"{file} has no subject {subject!r}; give --subject one of: {', '.join(subjects)}"
        )
    try:
        figures = subjects[subject]["figures"]
        init, warm = (figures[name]["median"] for name in ("init.cpu", "warm.call.cpu"))
    except KeyError as error:
        raise CommandFailedError(f"{subject} in {file} has no figure {error}.") from error
    return Measured(
        replace(
            usage,
            duration_ms=billed_ms(warm, memory_mb),
            init_ms=billed_ms(init, memory_mb),
        ),
        Function(memory_mb=memory_mb),
        (f"{subjects[subject]['title']}, CPU time from {file}; waiting for others is left out",),
    )
