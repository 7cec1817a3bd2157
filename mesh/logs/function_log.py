"""What the function said last: the reason why a URL answers 502."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mesh.logs.log_line import OWN, is_error, told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_logs import CloudWatchLogsClient

SHOWN_LINES = 8


def last_error(client: CloudWatchLogsClient, group: str, since_ms: int) -> list[str]:
    """Give the last error in a log group, its first line and the traceback's end.

    Args:
        client: for the account and region of the group.
        group: such as `/aws/lambda/weather-local`.
        since_ms: Unix time in milliseconds; older events do not count.

    Returns:
        No line when there is no error, or when the log cannot be read.
    """
    try:
        events = client.filter_log_events(logGroupName=group, startTime=since_ms)["events"]
    except (BotoCoreError, ClientError):
        return []
    return error_in([line for event in events for line in event.get("message", "").splitlines()])


def error_in(lines: Sequence[str]) -> list[str]:
    """Give the last error among the lines of a log, shortened to eight lines."""
    last = next((n for n in reversed(range(len(lines))) if is_error(lines[n])), None)
    if last is None:
        return []
    error = told(lines[last])
    for line in lines[last + 1 :]:
        # The server's own events are records, one a line.
        if OWN.search(line) or is_error(line) or line.startswith("{"):
            break
        error.append(line)
    shown = [line for line in error if line.strip()]
    if shown[-1].startswith("Traceback"):  # Lambda's import errors have an empty one
        shown.pop()
    return shown if len(shown) <= SHOWN_LINES else [shown[0], "...", *shown[2 - SHOWN_LINES :]]
