"""Run with the unpacked zip alone: CPU time of its handler for many events.

Arguments: the zip's folder and the path of `bodies.py`; what to measure comes in JSON on
standard input. Prints one JSON list, a line for each case.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

sys.path.insert(0, sys.argv[1])
given = json.load(sys.stdin)
os.environ.update(given["environment"], LAMBDA_TASK_ROOT=sys.argv[1])
handler = importlib.import_module("mesh.runtime.handler").handler
made = runpy.run_path(sys.argv[2])["body"]


class Context:
    """What Lambda tells of an invocation."""

    aws_request_id = "6c0e3b6f-0000-4000-8000-000000000001"


def event(case: dict[str, Any], text: str, encoded: bool) -> dict[str, Any]:  # noqa: FBT001 - as the event has it
    """The event of a case."""
    http = {"method": case["method"], "path": case["path"], "sourceIp": "192.0.2.1"}
    return {
        "version": "2.0",
        "rawPath": case["path"],
        "rawQueryString": case.get("query", ""),
        "cookies": case.get("cookies", []),
        "headers": case["headers"],
        "requestContext": {"http": http, "domainName": "mesh.lambda-url.us-east-1.on.aws"},
        "isBase64Encoded": encoded,
        "body": text,
    }


def least(work: Callable[[], object], seconds: float, times: int) -> float:
    """The least CPU time of some runs, in milliseconds; fewer of them where one takes long."""
    best, spent = float("inf"), 0.0
    for _ in range(times):
        began = time.process_time()
        work()
        took = time.process_time() - began
        best, spent = min(best, took), spent + took
        if spent > seconds:
            break
    return best * 1000


def parse(text: str) -> None:
    """What a server does at the least that reads this body."""
    with suppress(ValueError, RecursionError):
        json.loads(text)


bodies: dict[tuple[str, int, str], tuple[str, bool]] = {}
lines: list[dict[str, Any]] = []
for case in given["cases"]:
    key = case["shape"], case["size"], case["message"]
    if key not in bodies:
        # No more than two at a time, of megabytes each.
        bodies = {kept: bodies[kept] for kept in list(bodies)[-1:]}
        bodies[key] = made(*key)
    text, encoded = bodies[key]
    ask = partial(handler, event(case, text, encoded), Context())
    # The first of a kind may start FastMCP, or import something.
    status = int(ask()["statusCode"])
    took = least(ask, given["seconds"], given["times"])
    loads = least(partial(parse, text), given["seconds"], 5) if case["loads"] else None
    lines.append({"status": status, "ms": took, "loads": loads, "bytes": len(text.encode())})
sys.stdout.write(json.dumps(lines) + "\n")
