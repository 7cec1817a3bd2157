"""A log event as one line for a person."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

PATH_WIDTH = 24
SERVER_ERROR = 500
SEVERE = {"ERROR", "CRITICAL", "FATAL"}
FAILED = {"error", "failure", "timeout"}
TRACEBACK = "Traceback (most recent call last)"
# Around every invocation, and of no interest where it went well.
FRAME = re.compile(r"^(INIT_START|START|END|REPORT|INIT_REPORT) ")
FRAME_FAILED = re.compile(r"\tStatus: (error|failure|timeout)|^INIT_REPORT .*Error Type")
# Lambda's own lines around an invocation, and its advice below every unhandled error.
OWN = re.compile(FRAME.pattern + "|LAMBDA_WARNING")
ERROR = re.compile(r'^\[ERROR\]|"level": ?"(ERROR|CRITICAL)"|Task timed out|Runtime\.\w+')
# What Lambda's own handler puts before a message: level, time, request.
TEXT_LEVEL = re.compile(r"^\[([A-Z]+)\]\s(?:\S+Z\t)?(?:[0-9a-f-]{36}\t|\t)?(.*)")
TIMED_OUT = re.compile(r"^\S+Z [0-9a-f-]{36} (Task timed out .*)")


def failed(message: str) -> bool:
    """Say whether an event is about a failure."""
    record = _record(message)
    if record is None:
        if FRAME.match(message):
            return bool(FRAME_FAILED.search(message))
        return any(is_error(line) for line in message.splitlines())
    status = record.get("status")
    if isinstance(status, int) and status >= SERVER_ERROR:
        return True
    inner = record.get("record")
    outcome = inner.get("status") if isinstance(inner, dict) else None
    return _level(record) in SEVERE or outcome in FAILED


def is_error(line: str) -> bool:
    """Say whether an error begins with this line; Lambda's own report of it does not count."""
    return bool(ERROR.search(line)) and not OWN.search(line)


def told(line: str) -> list[str]:
    """Give what a line of a log says: itself, or what a record says and then its traceback."""
    record = _record(line)
    text = None if record is None else _of_json(record, is_cut=False)
    return [line] if text is None else [_printable(text), *frames(line)]


def frames(message: str) -> list[str]:
    """Give the lines of an exception's traceback; none where an event has none.

    Args:
        message: An event of the server, of Lambda in either log format, or of a library.
    """
    record = _record(message)
    if record is None:
        _, mark, rest = message.partition(TRACEBACK)
        told = f"{mark}{rest}"
    else:
        stack = record.get("stackTrace")
        told = "\n".join(map(str, stack)) if isinstance(stack, list) else ""
        told = told or str(record.get("exception") or "")
    return [_printable(text.rstrip()) for text in told.splitlines() if text.strip()]


def line(timestamp_ms: int, message: str, *, width: int | None) -> str | None:
    """Give one line, time in UTC; None for what says nothing new.

    Args:
        timestamp_ms: Of the event, Unix time in milliseconds.
        message: What was written.
        width: The most columns; None cuts nothing.
    """
    text = _text(message, is_cut=width is not None)
    if text is None:
        return None
    at = datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    shown = f"{at:%H:%M:%S}  {_printable(text)}"
    return shown if width is None else _cut(shown, width)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _level(record: dict[str, Any]) -> str:
    # Lambda's own JSON has the second.
    return str(record.get("level") or record.get("log_level") or "INFO")


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _record(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        read = json.loads(message)
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _text(message: str, *, is_cut: bool) -> str | None:
    record = _record(message)
    if record is not None:
        return _of_json(record, is_cut=is_cut)
    if FRAME.match(message):
        return _of_frame(message) if FRAME_FAILED.search(message) else None
    timed_out = TIMED_OUT.match(message)
    if timed_out:
        return f"ERROR    {timed_out[1]}"
    first, *more = [text for text in message.splitlines() if text.strip()] or [""]
    found = TEXT_LEVEL.match(first)
    if found is None:
        return first
    # Lambda's own report has the exception first; a logged one has it last.
    words = found[2] if ": " in found[2] or not more else f"{found[2]}: {more[-1].strip()}"
    return f"{found[1]:<7}  {words}"


def _of_frame(message: str) -> str:
    """REPORT or INIT_REPORT: how it failed, then how long it took."""
    name, *fields = message.split("\t")
    failure = [field for field in fields if field.startswith(("Status", "Error Type"))]
    duration = [field for field in [name, *fields] if "Duration: " in field][:1]
    told = [*failure, *(text[text.index("Duration: ") :] for text in duration)]
    return f"ERROR    {name.split()[0]} {', '.join(told)}"


def _of_json(record: dict[str, Any], *, is_cut: bool) -> str | None:
    kind = str(record.get("type", ""))
    if kind.startswith("platform."):
        return _of_platform(kind, record.get("record"))
    if record.get("message") == "request" and isinstance(record.get("status"), int):
        return _of_request(record, is_cut=is_cut)
    level = _level(record)
    if "errorType" in record:
        return f"{level:<7}  {record['errorType']}: {record.get('errorMessage', '')}"
    told = str(record.get("message", json.dumps(record)))
    raised = str(record.get("exception") or "").strip().splitlines()
    # Before the message: a long one is cut at its end.
    cause = f"{raised[-1]} | " if raised else ""
    return f"{level:<7}  {cause}{told}"


def _of_request(record: dict[str, Any], *, is_cut: bool) -> str:
    path = str(record.get("tool") or record.get("path", ""))
    path = _cut(path, PATH_WIDTH) if is_cut else path
    duration = record.get("duration_ms")
    shown = f"{duration:.1f}" if isinstance(duration, int | float) else "-"
    # That FastMCP answered, and why, is worth more than the caller's whole name.
    told = f"  {record['reason']}" if record.get("reason") else ""
    cold = f"{told}{'  cold' if record.get('cold') else ''}"
    caller = str(record.get("caller", "-"))
    # What is left of 80 columns: a caller is cut, the rest is not.
    caller = _cut(caller, 17 - len(cold)) if is_cut else caller
    return (
        f"{record.get('method', '-'):<7}{path:<{PATH_WIDTH}} {record['status']}"
        f"{shown:>10} ms  {caller}{cold}"
    )


def _of_platform(kind: str, record: Any) -> str | None:
    if not isinstance(record, dict) or record.get("status") not in FAILED:
        return None
    cause = record.get("errorType", "")
    return f"ERROR    {kind}: {record['status']} {cause}".rstrip()
