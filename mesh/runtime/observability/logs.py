"""Logging: one JSON object a line, on the handler that the Lambda runtime installed.

Never arguments, results or secrets; exceptions with their traceback go here and nowhere else.
"""

from __future__ import annotations

import json
import logging
import time

# They report every request or every start; ours does, once and in one form.
# What the HTTP clients tell of a request at DEBUG holds its credentials.
CHATTY = (
    *("mcp", "fastmcp", "mangum", "asyncio"),
    *("httpx", "httpcore", "httpx2", "httpcore2", "openai", "botocore", "boto3", "urllib3"),
)


_ENCODER = json.JSONEncoder(default=str)

_request_id: str | None = None


def set_request_id(request_id: str) -> None:
    """Name the invocation that lines belong to from now on; an instance has one at a time."""
    global _request_id
    _request_id = request_id


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON; a dict logged as `fields` joins the object.

    A text there as `_aws` is JSON already: see `mesh.runtime.observability.metrics`.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON: `time` in UTC, `level`, `logger`, `message`, and more."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        # awslambdaric's handler adds this to every record of an invocation.
        request_id = getattr(record, "aws_request_id", None) or _request_id
        if request_id:
            line["request_id"] = request_id
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        metrics = line.pop("_aws") if type(line.get("_aws")) is str else None
        written = _ENCODER.encode(line)
        return written if metrics is None else f'{written[:-1]}, "_aws": {metrics}}}'


def configure(level: str) -> None:
    """Set form and level of all logging; `level` is a name such as `INFO`."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for handler in root.handlers:
        handler.setFormatter(JsonLines())
    root.setLevel(level)
    # A line says neither thread nor process nor line of code: nobody looks for them.
    # https://docs.python.org/3/howto/logging.html#optimization
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    logging._srcfile = None  # noqa: SLF001 - as documented
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
