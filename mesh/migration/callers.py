"""Who still calls the old service, and since when nobody does."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mesh.migration.inventory.aws_reads import Reads
from mesh.migration.inventory.old_service import OldService

MOST_PAGES = 200
# How far back a log is read to see whether it has lines of requests at all.
LOOK_BACK_DAYS = 30
PERIOD_SECONDS = 300
POLL_SECONDS = 60.0
# Paths that monitors ask, not clients.
HEALTH = re.compile(r"/(health|healthz|ready|readyz|livez|ping|status)\b")
# AWS's own health checks.
CHECKER = re.compile(r"ELB-HealthChecker|Amazon-Route53-Health-Check")
METHOD = r'"(?:GET|POST|PUT|PATCH|DELETE|OPTIONS|HEAD) (?P<path>\S+)[^"]*"'
# A line of an access log: uvicorn's, whose addresses have a port, and Apache's and nginx's.
REQUESTS = (
    re.compile(rf"(?P<address>\S+):\d+ - {METHOD}"),
    re.compile(rf'(?P<address>\S+) \S+ \S+ \[[^]]*\] {METHOD}(?:.*"(?P<agent>[^"]*)"\s*$)?'),
)
# What the fields of lines in JSON are called that say who called.
WHO = ("caller", "client_id", "user", "client_ip", "remote_addr", "ip", "client", "user_agent")
PATH = ("path", "url", "uri", "request_path")


@dataclass
class Calls:
    """What was seen of one service.

    Attributes:
        count: requests that somebody made; None where nothing can be known.
        last: when the last one came; None where none was seen.
        callers: how many each made, as far as the log tells it.
        sources: what was read.
        gap: why this may not be all; None where it is.
    """

    count: float | None = None
    last: dt.datetime | None = None
    callers: Counter[str] = field(default_factory=Counter)
    sources: list[str] = field(default_factory=list)
    gap: str | None = None

    def add(self, moment: dt.datetime, number: float) -> None:
        """Count requests that were made by a moment."""
        self.count = (self.count or 0) + number
        self.last = moment if self.last is None else max(self.last, moment)


@dataclass(frozen=True)
class Verdict:
    """Whether the old service may go.

    Attributes:
        idle: nobody called for as long as was asked.
        reason: why, in one sentence.
    """

    idle: bool
    reason: str


def of_old(reads: Reads, old: OldService, since: dt.datetime, end: dt.datetime) -> Calls:
    """Count requests to the old service.

    The load balancer counts all; its count does not have health checks. The log says who called.
    """
    metrics = _counted(reads, old, since, end)
    logged = _logged(reads, old, since, end)
    if metrics.count is None:
        return logged
    return Calls(
        metrics.count,
        max(filter(None, [metrics.last, logged.last]), default=None),
        logged.callers,
        [*metrics.sources, *logged.sources],
    )


def _counted(reads: Reads, old: OldService, since: dt.datetime, end: dt.datetime) -> Calls:
    """What the load balancer counts for the service's target groups."""
    found = Calls()
    # Only one that speaks HTTP counts requests.
    counting = [one for one in old.load_balancers if one.get("Type") == "application"]
    if len(counting) < len(old.load_balancers):
        return found
    for balancer, group in itertools.product(counting, old.target_groups):
        answer = reads.ask(
            "requests through the load balancer",
            "cloudwatch",
            "get_metric_statistics",
            Namespace="AWS/ApplicationELB",
            MetricName="RequestCount",
            Dimensions=[
                {
                    "Name": "LoadBalancer",
                    "Value": balancer["LoadBalancerArn"].split(":loadbalancer/")[-1],
                },
                {"Name": "TargetGroup", "Value": group["TargetGroupArn"].split(":")[-1]},
            ],
            StartTime=since,
            EndTime=end,
            Period=_period(since, end),
            Statistics=["Sum"],
        )
        if "Datapoints" not in answer:
            return Calls()
        # It sends no value while nobody calls.
        found.count = found.count or 0
        found.sources = ["the load balancer's RequestCount"]
        for point in answer["Datapoints"]:
            if point["Sum"]:
                found.add(_by(point, since, end), point["Sum"])
    return found


def _logged(reads: Reads, old: OldService, since: dt.datetime, end: dt.datetime) -> Calls:
    """What the log says; where it is silent, whether it would have said anything."""
    found = Calls()
    for name in old.log_groups:
        for moment, who in _requests(reads, name, since, end, found):
            found.add(moment, 1)
            found.callers[who] += 1
    if found.count is None:
        for name in old.log_groups:
            before = since - dt.timedelta(days=LOOK_BACK_DAYS)
            earlier = list(_requests(reads, name, before, since, Calls()))
            if earlier:
                found.count, found.last = 0, max(moment for moment, _ in earlier)
    if found.count is not None:
        found.sources = [f"the log {name}" for name in old.log_groups]
    return found


def _requests(
    reads: Reads, group: str, since: dt.datetime, end: dt.datetime, found: Calls
) -> Iterator[tuple[dt.datetime, str]]:
    """Who made each request that a log tells of, and when; notes what was not read."""
    for event in _events(reads, group, since, end, found):
        who = caller(event["message"])
        if who is not None:
            yield dt.datetime.fromtimestamp(event["timestamp"] / 1000, dt.UTC), who


def of_new(reads: Reads, function: str, since: dt.datetime, end: dt.datetime) -> Calls:
    """Count invocations of the new function."""
    answer = reads.ask(
        "calls of the new server",
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/Lambda",
        MetricName="Invocations",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since,
        EndTime=end,
        Period=_period(since, end),
        Statistics=["Sum"],
    )
    found = Calls()
    if "Datapoints" in answer:
        found.count, found.sources = 0, ["Invocations"]
        for point in answer["Datapoints"]:
            found.add(_by(point, since, end), point["Sum"])
    for _, who in _requests(reads, f"/aws/lambda/{function}", since, end, found):
        found.callers[who] += 1
    return found


def judge(
    old: OldService, calls: Calls, quiet: dt.timedelta, since: dt.datetime, end: dt.datetime
) -> Verdict:
    """Say whether the old service is idle."""
    if not old.is_running:
        return Verdict(idle=True, reason="it is stopped, so nobody can call it")
    if calls.gap:
        return Verdict(idle=False, reason=f"it cannot be known: {calls.gap}")
    if calls.count is None:
        return Verdict(
            idle=False,
            reason="it cannot be known: there is no load balancer that counts, and no line of the "
            "log looks like a request. Switch the access log of the server on",
        )
    if end - since < quiet:
        return Verdict(
            idle=False, reason=f"only {said(end - since)} were looked at, and {said(quiet)} count"
        )
    if calls.last is not None and end - calls.last < quiet:
        return Verdict(
            idle=False,
            reason=f"the last request came {said(end - calls.last)} ago, and {said(quiet)} must "
            "be quiet",
        )
    return Verdict(idle=True, reason=f"nobody called it for {said(quiet)}")


def caller(line: str) -> str | None:
    """Who made the request that a line of a log is about; None where it is about none."""
    if CHECKER.search(line):
        return None
    if line.lstrip().startswith("{"):
        return _in_json(line)
    found = next(filter(None, (form.search(line) for form in REQUESTS)), None)
    if found is None or HEALTH.match(found["path"]):
        return None
    agent = found.groupdict().get("agent")
    return found["address"] if agent in {None, "", "-"} else f"{found['address']} {agent}"


def _in_json(line: str) -> str | None:
    try:
        fields = json.loads(line)
    except ValueError:
        return None
    path = next((str(fields[key]) for key in PATH if fields.get(key)), None)
    if path is None or HEALTH.search(path):
        return None
    who = [str(fields[key]) for key in WHO if isinstance(fields.get(key), str) and fields[key]]
    return who[0] if who else "unknown"


def _events(
    reads: Reads, group: str, since: dt.datetime, end: dt.datetime, found: Calls
) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = reads.ask(
            "who called, from the log",
            "logs",
            "filter_log_events",
            logGroupName=group,
            startTime=int(since.timestamp() * 1000),
            endTime=int(end.timestamp() * 1000),
            **token,
        )
        if "events" not in answer:
            found.gap = f"the log {group} cannot be read ({reads.gap})"
            return
        yield from answer["events"]
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}
    found.gap = f"the log {group} is too long to read; give a shorter --quiet"


def _by(point: dict[str, Any], since: dt.datetime, end: dt.datetime) -> dt.datetime:
    """The latest moment that a value may be about: CloudWatch names where its period begins."""
    moment: dt.datetime = point["Timestamp"]
    return min(end, moment + dt.timedelta(seconds=_period(since, end)))


def _period(since: dt.datetime, end: dt.datetime) -> int:
    """Seconds, so that there are at most 1,440 values, as AWS allows."""
    seconds = (end - since).total_seconds() / 1440
    return max(PERIOD_SECONDS, int(-(-seconds // PERIOD_SECONDS)) * PERIOD_SECONDS)


def look_again(calls: Calls, quiet: dt.timedelta, end: dt.datetime) -> float:
    """Seconds until the old service can be found idle at the earliest, at most a minute."""
    if calls.last is None or calls.gap:
        return POLL_SECONDS
    return min(POLL_SECONDS, max(1.0, (calls.last + quiet - end).total_seconds()))


def said(span: dt.timedelta) -> str:
    """A time span for people, in the largest unit of which there are two."""
    seconds = span.total_seconds()
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
