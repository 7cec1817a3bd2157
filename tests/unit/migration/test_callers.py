"""A line of a log says who called, whichever server wrote it; health checks are nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from mesh.migration import callers
from mesh.migration.callers import Calls
from mesh.migration.inventory.old_service import OldService

LINES = {
    "uvicorn": ('INFO:     10.0.0.7:5000 - "POST /mcp HTTP/1.1" 200 OK', "10.0.0.7"),
    "uvicorn, IPv6": ('INFO:     fd00::7:5000 - "POST /mcp HTTP/1.1" 200 OK', "fd00::7"),
    "nginx": (
        '10.0.0.7 - - [30/Nov/2026:09:00:00 +0000] "POST /rpc HTTP/1.1" 200 17 "-" "agent/2.1"',
        "10.0.0.7 agent/2.1",
    ),
    "JSON with a caller": ('{"path": "/mcp", "caller": "key:me", "ip": "10.0.0.7"}', "key:me"),
    "JSON with an address": ('{"url": "/mcp?x=1", "client_ip": "10.0.0.7"}', "10.0.0.7"),
    "JSON without anybody": ('{"path": "/mcp"}', "unknown"),
    "health": ('INFO: 10.0.0.7:5000 - "GET /health HTTP/1.1" 200 OK', None),
    "health in JSON": ('{"path": "/health", "ip": "10.0.0.7"}', None),
    "a load balancer": (
        '10.0.0.7 - - [x] "GET / HTTP/1.1" 200 5 "-" "ELB-HealthChecker/2.0"',
        None,
    ),
    "no request": ("INFO: Application startup complete.", None),
    "no JSON": ('{"path": ', None),
    "other JSON": ('{"level": "INFO", "message": "started"}', None),
}


@pytest.mark.parametrize("kind", LINES)
def test_who_called(kind: str) -> None:
    line, who = LINES[kind]

    assert callers.caller(line) == who


NOW = dt.datetime(2026, 11, 30, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("calls", "desired", "idle", "said"),
    [
        (Calls(0.0), 1, True, "nobody called it for 2 days"),
        (Calls(3.0, NOW - 3 * DAY), 1, True, "nobody called"),
        (Calls(3.0, NOW - DAY), 1, False, "the last request came 24 hours ago"),
        (Calls(), 1, False, "it cannot be known"),
        (Calls(), 0, True, "it is stopped"),
    ],
)
def test_when_a_service_is_idle(calls: Calls, desired: int, idle: bool, said: str) -> None:
    old = OldService("tools", "old", "us-east-1", {"desiredCount": desired}, {}, "server")

    verdict = callers.judge(old, calls, 2 * DAY, NOW - 3 * DAY, NOW)

    assert verdict.idle is idle
    assert said in verdict.reason
