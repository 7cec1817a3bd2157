"""What is logged of an event, as far as it has to be the same whichever way it was answered."""

from __future__ import annotations

import logging
from typing import Any

# What a clock wrote, and which way was the first.
MEASURED = frozenset({"duration_ms", "tool_duration_ms", "_aws", "cold"})
# Which way it was is the only thing that is not the same for both.
WAY = frozenset({"way", "reason"})
# They tell of every request in their own words, where nobody has made them quiet.
CHATTY = ("mangum", "mcp.", "httpx", "asyncio")


class LogLines(logging.Handler):
    """Keeps lines: logger, level, message, what was raised, fields in their order.

    Args:
        without: Fields that are left out.
    """

    def __init__(self, without: frozenset[str] = MEASURED | WAY) -> None:
        super().__init__()
        self._without = without
        self._lines: list[list[Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        if record.name.startswith(CHATTY):
            return
        raised = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        fields = getattr(record, "fields", {}).items()
        kept = [[name, value] for name, value in fields if name not in self._without]
        self._lines.append([record.name, record.levelname, record.getMessage(), raised, kept])

    def taken(self) -> list[list[Any]]:
        """What was kept since the last time."""
        taken, self._lines = self._lines, []
        return taken


def kept(*, with_way: bool = False) -> LogLines:
    """Have every logger's lines from INFO on kept."""
    lines = LogLines(MEASURED) if with_way else LogLines()
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.INFO)
    return lines


def say(lines: list[list[Any]]) -> None:
    """Log again what was kept in another process."""
    for name, level, message, _raised, fields in lines:
        number = logging.getLevelNamesMapping()[level]
        logging.getLogger(name).log(number, message, extra={"fields": dict(fields)})
