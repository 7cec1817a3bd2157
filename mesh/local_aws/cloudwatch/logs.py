"""Log lines of instances: into CloudWatch Logs and into a plain file, never in a request's way."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from mesh.local_aws.cloudwatch import embedded_metrics
from mesh.local_aws.cloudwatch.retention import cut_log_group
from mesh.local_aws.functions import FunctionVersion
from mesh.local_aws.iam.role_credentials import allows

BATCH_SECONDS = 0.1
BATCH_LINES = 1000
# CloudWatch Logs cuts an event here (256 KB).
EVENT_BYTES = 262144

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event on its way."""

    version: FunctionVersion
    stream: str
    timestamp_ms: int
    message: str


class LogShipper:
    """A thread that takes lines in batches to CloudWatch Logs and to `<function>.log`.

    Args:
        folder: Where the plain files lie.
        control_plane: Its loop, on which alone MiniStack's stores are changed: a change from
            elsewhere spoils what is read or saved at that moment.
    """

    def __init__(self, folder: Path, control_plane: asyncio.AbstractEventLoop) -> None:
        self._folder = folder
        self._control_plane = control_plane
        self._lines: queue.SimpleQueue[LogLine | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="log-shipper", daemon=True)
        self._thread.start()

    def put(self, line: LogLine) -> None:
        """Take a line; returns at once."""
        self._lines.put(line)

    def close(self) -> None:
        """Ship what is left and end; not from the control plane's loop, which does a part."""
        self._lines.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        open_end = True
        while open_end:
            first = self._lines.get()
            if first is None:
                return
            batch = [first]
            time.sleep(BATCH_SECONDS)
            while open_end and len(batch) < BATCH_LINES and not self._lines.empty():
                line = self._lines.get()
                if line is None:
                    open_end = False
                else:
                    batch.append(line)
            try:
                self._write_files(batch)
                put = _put_events(batch)
                asyncio.run_coroutine_threadsafe(put, self._control_plane).result()
            except Exception:
                # A log line must never cost more than itself.
                _logger.exception("log lines of %s were lost", batch[0].version.log_group)

    def _write_files(self, batch: Iterable[LogLine]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        for function, lines in _grouped(batch, lambda line: line.version.function.name).items():
            with (self._folder / f"{function}.log").open("a", encoding="utf-8") as log:
                for line in lines:
                    at = datetime.fromtimestamp(line.timestamp_ms / 1000, UTC)
                    moment = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{line.timestamp_ms % 1000:03}Z"
                    log.write(f"{moment} {line.message.rstrip()}\n")


class LogStream:
    """The stream of one instance, and the last lines of the invocation it works on."""

    def __init__(self, shipper: LogShipper, version: FunctionVersion, name: str) -> None:
        self.name = name
        self._shipper = shipper
        self._version = version
        self._tail: list[str] = []

    def write(self, message: str) -> None:
        """Add one event."""
        message = message.encode()[:EVENT_BYTES].decode(errors="ignore")
        self._tail.append(message)
        self._shipper.put(
            LogLine(
                version=self._version,
                stream=self.name,
                timestamp_ms=time.time_ns() // 1_000_000,
                message=message,
            )
        )

    def platform(self, text: str, kind: str, record: dict[str, object]) -> None:
        """Add a line of Lambda itself, in the function's log format.

        https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
        """
        if self._version.log_format != "JSON":
            self.write(text)
            return
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self.write(json.dumps({"time": at, "type": f"platform.{kind}", "record": record}))

    def take_tail(self) -> str:
        """The lines since the last call: what LogType=Tail shows."""
        tail, self._tail = self._tail, []
        return "\n".join(line.rstrip("\n") for line in tail) + "\n" if tail else ""


def stream_name(version: FunctionVersion, instance: str) -> str:
    """Such as `2026/11/22/[3]0f3c...`."""
    return f"{datetime.now(UTC):%Y/%m/%d}/[{version.version}]{instance}"


async def _put_events(batch: list[LogLine]) -> None:
    by_stream = _grouped(batch, lambda line: (line.version, line.stream))
    for (version, stream), lines in by_stream.items():
        function, group = version.function, version.log_group
        arn = f"arn:aws:logs:{function.region}:{function.account}:log-group:{group}"
        if not allows(version, "logs:PutLogEvents", f"{arn}:log-stream:{stream}"):
            _logger.warning("the role of %s may not write to %s", function.name, group)
            continue
        with request_scope(function.account, function.region):
            events = [
                {"timestamp": line.timestamp_ms, "message": line.message.rstrip("\n")}
                for line in lines
            ]
            wanted = {"logGroupName": group, "logStreamName": stream}
            status, _, _ = cloudwatch_logs._put_log_events({**wanted, "logEvents": events})  # noqa: SLF001 - MiniStack is in this process, and pinned
            if status == 400:  # noqa: PLR2004 - the group or the stream is not there yet
                # Lambda makes them, as far as the role may.
                if allows(version, "logs:CreateLogGroup", f"{arn}:*"):
                    cloudwatch_logs._create_log_group({"logGroupName": group})  # noqa: SLF001 - see above
                if allows(version, "logs:CreateLogStream", f"{arn}:*"):
                    cloudwatch_logs._create_log_stream(wanted)  # noqa: SLF001 - see above
                cloudwatch_logs._put_log_events({**wanted, "logEvents": events})  # noqa: SLF001 - see above
            for line in lines:
                embedded_metrics.take(line.message)
            cut_log_group(group)


def _grouped[Key](
    batch: Iterable[LogLine], key: Callable[[LogLine], Key]
) -> dict[Key, list[LogLine]]:
    groups: dict[Key, list[LogLine]] = {}
    for line in batch:
        groups.setdefault(key(line), []).append(line)
    return groups
