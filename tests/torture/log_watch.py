"""What a server logs while it answers, in the very form that production logs it."""

from __future__ import annotations

import logging

from mesh.runtime.observability.logs import CHATTY, JsonLines
from tests.torture.faults import Fault, place_of
from tests.torture.servers import SECRETS


class LogWatch(logging.Handler):
    """Looks for secrets in all lines, and keeps what the last request's lines say.

    Attributes:
        faults: Of the lines since `clear`.
        caller: The caller in the request's line; None if there was no such line.
        path: What it says was asked for.
        raised: Where the last exception in the log came from.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.clear()

    def clear(self) -> None:
        """Begin with the next request."""
        self.faults: list[Fault] = []
        self.caller: str | None = None
        self.path = ""
        self.raised: str | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Look at one line."""
        line = self.format(record)
        if any(secret in line for secret in SECRETS):
            self.faults.append(Fault("secret in the log", record.name))
        if record.exc_info and record.exc_info[1]:
            self.raised = place_of(record.exc_info[1])
        fields = getattr(record, "fields", {})
        if "caller" in fields:
            self.caller, self.path = str(fields["caller"]), str(fields.get("path"))

    def watch(self) -> None:
        """Take the place of all other handlers, with production's levels."""
        root = logging.getLogger()
        root.handlers[:] = [self]
        root.setLevel(logging.INFO)
        # FastMCP has a handler of its own unless it is told otherwise before its import.
        fastmcp = logging.getLogger("fastmcp")
        fastmcp.handlers.clear()
        fastmcp.propagate = True
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
