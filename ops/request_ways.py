"""How often requests were answered without FastMCP, and why others were not, from the log."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_logs import CloudWatchLogsClient


def read_ways(client: CloudWatchLogsClient, group: str) -> dict[str, int]:
    """Count the requests in a log group by the way that answered, as `ways` does.

    Args:
        client: For the account and region of the group.
        group: Such as `/aws/lambda/aoma-mesh-local`.

    Returns:
        Nothing where the log cannot be read.
    """
    try:
        events = client.filter_log_events(logGroupName=group)["events"]
    except (BotoCoreError, ClientError):
        return {}
    return ways(event.get("message", "") for event in events)


def ways(messages: Iterable[str]) -> dict[str, int]:
    """Count requests by the way that answered: `fast`, or `full` with the reason."""
    counted: Counter[str] = Counter()
    for message in messages:
        try:
            record = json.loads(message) if message.startswith("{") else {}
        except ValueError:
            continue
        if record.get("message") == "request" and record.get("way"):
            counted[way_of(record)] += 1
    return dict(counted.most_common())


def way_of(record: dict[str, object]) -> str:
    """Which way answered, from a request's record, such as `fast` or `full (tool)`."""
    way = str(record.get("way", "-"))
    return f"{way} ({record['reason']})" if record.get("reason") else way
