"""How much MiniStack keeps in memory of what functions say: it would keep all of it forever.

The plain files below `DIR/logs` are not cut.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cloudwatch_logs

# About 2,000 invocations: START, END, REPORT and a line of the function.
EVENTS_PER_GROUP = 8_000
# Cut only now and then, because a cut looks at the whole group. MiniStack's FilterLogEvents
# gives no more than the oldest 10,000 and has no next page (seen in 1.5.33): with more, the
# newest could not be read.
EVENTS_CUT_AT = 10_000
# Half an hour of traffic in each second: local AWS writes two points a second at most for
# counts, and one for each millisecond of Duration that was seen.
POINTS_PER_METRIC = 3_600


def cut_log_group(name: str) -> None:
    """Drop the oldest events of a group in the current account and region.

    Streams that are empty then go too: an ended instance writes nothing any more.
    """
    group = cloudwatch_logs._log_groups.get(name)  # noqa: SLF001 - MiniStack is in this process, and pinned
    if group is None:
        return
    streams: dict[str, dict[str, Any]] = group["streams"]
    count = sum(len(stream["events"]) for stream in list(streams.values()))
    if count <= EVENTS_CUT_AT:
        return
    surplus = count - EVENTS_PER_GROUP
    oldest = sorted(streams, key=lambda stream: streams[stream].get("lastEventTimestamp") or 0)
    for stream in oldest:
        surplus -= _cut_stream(streams[stream], surplus)
        if not streams[stream]["events"]:
            del streams[stream]
        if surplus <= 0:
            return


def cut_points(points: list[dict[str, Any]]) -> None:
    """Drop the oldest data of one metric."""
    del points[:-POINTS_PER_METRIC]


def _cut_stream(stream: dict[str, Any], surplus: int) -> int:
    with cloudwatch_logs._log_events_lock:  # noqa: SLF001 - see above
        events = stream["events"]
        dropped = events[:surplus]
        # A new list: a reader that pages through the old one goes on undisturbed.
        stream["events"] = events[surplus:]
    for event in dropped:
        # A second copy, for Logs Insights.
        cloudwatch_logs._log_records.pop(event.get("eventId"), None)  # noqa: SLF001 - see above
    return len(dropped)
