"""What the log says of one request; the same words whichever way it was answered.

Never the query string, headers, bodies, arguments or results: they may hold secrets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from mesh.runtime.observability.metrics import ToolMetrics

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ROOT = re.compile(r"(?:^|;|=)(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
REFUSED = frozenset({401, 403, 429})
BAD_REQUEST, SERVER_ERROR = 400, 500
# A key that somebody pasted behind the address, for example.
SECRET_CHARACTERS = 32
# Compiled where a path is as long: no path of this server is.
SECRET_LOOKING = rf"[A-Za-z0-9_.~%+=-]{{{SECRET_CHARACTERS},}}"
MAX_PATH = 200
# Of the parts of a function's ARN.
QUALIFIER = 7
# Longer than every registered method: https://www.iana.org/assignments/http-methods
MAX_METHOD = 32
# What X-Ray writes is shorter; a client may send whatever it likes.
MAX_TRACE = 512


def trace_id(header: str) -> str | None:
    """X-Ray's id of the request, where Lambda says one.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader

    Args:
        header: The request's `x-amzn-trace-id`; empty for none.
    """
    for told in (os.environ.get("_X_AMZN_TRACE_ID", ""), header):
        found = ROOT.search(told[:MAX_TRACE])
        if found:
            return found[1]
    return None


def request_id(event: Mapping[str, Any], context: Any) -> str | None:
    """Lambda's id of the invocation, or else the Function URL's of the request."""
    invocation = getattr(context, "aws_request_id", None)
    found = invocation or (event.get("requestContext") or {}).get("requestId")
    return str(found) if found else None


def alias_of(context: Any) -> str | None:
    """The alias or version that was asked for, such as `live`; None where there is none.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """
    parts = str(getattr(context, "invoked_function_arn", "")).split(":")
    return parts[QUALIFIER] if len(parts) > QUALIFIER else None


def outcome(status: int) -> str:
    """The end of a request that no call tells: `ok`, `refused`, `invalid` or `error`."""
    if status in REFUSED:
        return "refused"
    if not status or status >= SERVER_ERROR:
        return "error"
    return "ok" if status < BAD_REQUEST else "invalid"


def request_fields(
    *,
    method: str,
    path: str,
    status: int,
    duration_seconds: float,
    caller: str,
    cold: bool,
    request_id: str | None,
    trace_id: str | None,
    calls: Sequence[Mapping[str, Any]],
    metrics: ToolMetrics | None,
    way: str,
    reason: str | None = None,
    alias: str | None = None,
) -> dict[str, Any]:
    """The fields of a request's line.

    Args:
        method: HTTP's; a client may send any word.
        path: Without the query.
        status: Of the response; 0 where there was none.
        duration_seconds: From its first to its last byte.
        caller: As access control names it.
        cold: Whether it is the instance's first.
        request_id: See `request_id`.
        trace_id: See `trace_id`.
        calls: The calls in it, as `mesh.runtime.observability.call_log` notes them.
        metrics: What a line says to CloudWatch; None for nothing.
        way: See `mesh.runtime.observability.way`.
        reason: As above.
        alias: See `alias_of`.
    """
    fields: dict[str, Any] = {
        "method": _shown(method[:MAX_METHOD]),
        "path": _shown(path[:MAX_PATH]),
        "status": status,
        "outcome": outcome(status),
        "duration_ms": round(duration_seconds * 1000, 2),
        "caller": caller,
        "cold": cold,
    }
    if request_id is not None:
        fields["request_id"] = request_id
    if trace_id is not None:
        fields["trace_id"] = trace_id
    fields["way"] = way
    if reason is not None:
        fields["reason"] = reason
    # One call's end is the request's; of a batch, each has its own.
    if len(calls) == 1:
        fields |= calls[0] if status < BAD_REQUEST else {}
    elif calls:
        fields["calls"] = calls
    if metrics:
        fields |= metrics.fields(
            calls[0] if len(calls) == 1 else {},
            way,
            alias=alias,
            reason=reason,
            refused=status in REFUSED,
        )
    return fields


def _shown(told: str) -> str:
    """A method or path without what might be a secret."""
    return told if len(told) < SECRET_CHARACTERS else re.sub(SECRET_LOOKING, "...", told)
