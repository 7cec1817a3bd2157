"""How often requests were answered without FastMCP, and why others were not, from the log."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mypy_boto3_logs import CloudWatchLogsClient


def read_ways(client: CloudWatchLogsClient, group: str, since_ms: int = 0) -> dict[str, int]:
    """Count the requests in a log group by the way that answered, as `ways` does.

    Args:
        client: For the account and region of the group.
        group: Such as `/aws/lambda/weather-local`.
        since_ms: Only those from then on, in milliseconds since 1970.

    Returns:
        Nothing where the log cannot be read.
    """
    # Imported here, not above: `mesh --help` imports this module.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = client.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since_ms
        )
        return ways(event.get("message", "") for page in pages for event in page["events"])
    except (BotoCoreError, ClientError):
        return {}


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


def as_text(counted: Mapping[str, int]) -> str:
    """The counts in a line, such as `12 fast, 1 full (page)`."""
    return ", ".join(f"{count} {way}" for way, count in counted.items())


def way_of(record: dict[str, object]) -> str:
    """Which way answered, from a request's record, such as `fast` or `full (tool)`."""
    way = str(record.get("way", "-"))
    return f"{way} ({record['reason']})" if record.get("reason") else way
