"""Spans of a request, its tools and what they ask, sent to an OpenTelemetry collector.

Imported only where `MESH_OTLP_ENDPOINT` is set. OTLP in JSON over HTTP, by hand: OpenTelemetry's
SDK and exporter import protobuf, requests and 250 modules, which takes longer than a whole cold
start, and would have to be in the zip (docs/explanation/performance.md#opentelemetry).
https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from __future__ import annotations

import json
import logging
import os
import time
from _contextvars import ContextVar

from mesh.runtime.aws.http_exchange import ExchangeError, post

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from mesh.runtime.config.settings import Settings

# https://opentelemetry.io/docs/specs/otel/trace/api/#spankind, as OTLP counts them.
INTERNAL, SERVER, CLIENT = 1, 2, 3
FAILED = 2
HEX = frozenset("0123456789abcdef")
# https://www.w3.org/TR/trace-context/#traceparent-header
TRACE_DIGITS, SPAN_DIGITS, PARTS = 32, 16, 4
SAMPLED = 1
# The collector is in the instance, or next to it: what is slower is not worth waiting for.
SEND_SECONDS = 1.0
SERVER_ERROR = 500
MOST_SPANS = 200

logger = logging.getLogger("mesh.tracing")

_current: ContextVar[Span | None] = ContextVar("mesh_span", default=None)


class Parent:
    """Where a trace comes from: another program's span.

    Attributes:
        trace: Its trace's id.
        span: Its own id.
        sampled: Whether that program records the trace.
    """

    __slots__ = ("sampled", "span", "trace")

    def __init__(self, trace: str, span: str, sampled: bool) -> None:  # noqa: FBT001 - the third of three parts of a header
        self.trace = trace
        self.span = span
        self.sampled = sampled


def parent_in(text: Any) -> Parent | None:
    """Read a `traceparent`; None for what is none.

    https://www.w3.org/TR/trace-context/#traceparent-header
    """
    if type(text) is not str:
        return None
    version, *parts = text.strip().split("-")
    # A later version may have more.
    if len(parts) < PARTS - 1 or (version == "00" and len(parts) > PARTS - 1):
        return None
    trace, span, flags = parts[:3]
    lengths = [len(part) for part in (version, trace, span, flags)]
    if lengths != [2, TRACE_DIGITS, SPAN_DIGITS, 2] or version == "ff":
        return None
    if not HEX.issuperset(version + trace + span + flags) or not trace.strip("0"):
        return None
    return Parent(trace, span, bool(int(flags, 16) & SAMPLED)) if span.strip("0") else None


class Span:
    """One span; a context manager, which the spans within have as their parent.

    Args:
        request: Whose span it is.
        name: What happens.
        kind: INTERNAL, SERVER or CLIENT.
        attributes: Further facts.
    """

    def __init__(
        self, request: Request, name: str, kind: int, attributes: Mapping[str, Any]
    ) -> None:
        self._request = request
        self.name = name
        self.kind = kind
        self.attributes = dict(attributes)
        self.id = os.urandom(SPAN_DIGITS // 2).hex()
        self.trace: str | None = None
        self.parent: str | None = None
        self.link: tuple[str, str] | None = None
        self.failed = False
        self._left = False
        self.start = time.time_ns()
        self.end = 0

    def __enter__(self) -> None:
        """Begin."""
        self._before = _current.set(self)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End, as a failure where an error is raised."""
        _current.reset(self._before)
        if self._left:
            self._left = False
            return
        if kind is not None:
            self.failed = True
            self.attributes.setdefault("error.type", kind.__name__)
        self.close()

    def leave(self) -> None:
        """Leave it open for FastMCP, which goes on with the same call."""
        self._left = True
        self._request.left = self

    def close(self) -> None:
        """End it now."""
        self.end = time.time_ns()
        self._request.add(self)

    def document(self) -> dict[str, Any]:
        """The span as OTLP's JSON has it."""
        said: dict[str, Any] = {
            "traceId": self.trace or self._request.trace,
            "spanId": self.id,
            "name": self.name,
            "kind": self.kind,
            "startTimeUnixNano": str(self.start),
            "endTimeUnixNano": str(self.end),
            "attributes": _attributes(self.attributes),
            "status": {"code": FAILED} if self.failed else {},
        }
        if self.parent:
            said["parentSpanId"] = self.parent
        if self.link:
            said["links"] = [{"traceId": self.link[0], "spanId": self.link[1]}]
        return said


class Request:
    """One request and its spans.

    Args:
        parent: What the HTTP header `traceparent` names; None for none.

    Attributes:
        trace: The id of its trace.
        left: A call's span that the fast path left open; None for none.
    """

    def __init__(self, parent: Parent | None) -> None:
        self._from_header = parent
        self._sampled = parent is None or parent.sampled
        self.trace = parent.trace if parent else os.urandom(TRACE_DIGITS // 2).hex()
        self._spans: list[Span] = []
        self.left: Span | None = None
        self.span = Span(self, "request", SERVER, {})
        self.span.parent = parent.span if parent else None

    def add(self, span: Span) -> None:
        """Keep a span that has ended."""
        if len(self._spans) < MOST_SPANS:
            self._spans.append(span)

    def call(self, tool: str, traceparent: Any) -> Span:
        """A tool's call, whose caller may have said in `_meta` what trace it belongs to.

        https://opentelemetry.io/docs/specs/semconv/gen-ai/mcp/

        Args:
            tool: Its name.
            traceparent: Of `_meta`; None for none.
        """
        left, self.left = self.left, None
        name = f"tools/call {tool}"
        if left is not None and left.name == name:
            return left
        attributes = {"mcp.method.name": "tools/call", "gen_ai.tool.name": tool}
        span = Span(self, name, INTERNAL, attributes)
        span.parent = self.span.id
        told = parent_in(traceparent)
        if told is None:
            return span
        if self._from_header is None and self.span.parent is None:
            # Nothing on the way took part in the trace: the whole request belongs to the caller's.
            self.trace, self.span.parent, self._sampled = told.trace, told.span, told.sampled
        elif told.span != self.span.parent:
            span.trace, span.parent = told.trace, told.span
            span.link = (self.trace, self.span.id)
        return span

    def ask(self, name: str, attributes: Mapping[str, Any]) -> Span:
        """A call of something else, made by the span that runs now."""
        span = Span(self, name, CLIENT, attributes)
        around = _current.get() or self.span
        span.trace, span.parent = around.trace, around.id
        return span

    def documents(self) -> list[dict[str, Any]]:
        """All spans that ended; none where whoever began the trace does not record it."""
        return [span.document() for span in self._spans] if self._sampled else []


class Tracer:
    """Makes the spans of one instance, which has one request at a time.

    Args:
        settings: What this deployment is.
    """

    def __init__(self, settings: Settings) -> None:
        self._url = f"{settings.otlp_endpoint}/v1/traces"
        self._host = str(settings.otlp_endpoint).partition("://")[2].partition("/")[0]
        self._resource = _attributes(
            {
                "service.name": f"{settings.name}-{settings.environment}",
                "deployment.environment.name": settings.environment,
                "cloud.provider": "aws",
                "faas.name": os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
                "faas.version": settings.function_version,
            }
        )
        self._open: Request | None = None
        self._lost = False

    def begin(self, traceparent: str | None) -> None:
        """Begin a request."""
        self._open = Request(parent_in(traceparent))

    def go_on(self, traceparent: str | None) -> None:
        """Begin a request, unless the fast path began it and left it to FastMCP."""
        if self._open is None:
            self.begin(traceparent)

    def call(self, tool: str, traceparent: Any = None) -> Span | None:
        """See `Request.call`; None outside of a request."""
        return self._open.call(tool, traceparent) if self._open else None

    def ask(self, name: str, attributes: Mapping[str, Any]) -> Span | None:
        """See `Request.ask`; None outside of a request."""
        return self._open.ask(name, attributes) if self._open else None

    def end(self, fields: Mapping[str, Any]) -> None:
        """End the request and send its spans; what cannot be sent is lost.

        Args:
            fields: Of its log line; see `mesh.runtime.observability.access_log`.
        """
        request, self._open = self._open, None
        if request is None:
            return
        span = request.span
        span.name = f"{fields['method']} {fields['path']}"
        span.failed = not fields["status"] or fields["status"] >= SERVER_ERROR
        span.attributes = {
            "http.request.method": fields["method"],
            "url.path": fields["path"],
            "http.response.status_code": fields["status"],
            "faas.coldstart": fields["cold"],
            "faas.invocation_id": fields.get("request_id", ""),
            "mesh.way": fields["way"],
            "mesh.reason": fields.get("reason", ""),
        }
        span.close()
        spans = request.documents()
        if spans:
            self._send(spans)

    def _send(self, spans: list[dict[str, Any]]) -> None:
        scope = {"scope": {"name": "mesh"}, "spans": spans}
        told = {"resource": {"attributes": self._resource}, "scopeSpans": [scope]}
        body = json.dumps({"resourceSpans": [told]}).encode()
        headers = {"host": self._host, "content-type": "application/json"}
        try:
            status, _ = post(self._url, headers, body, SEND_SECONDS)
            failure = "" if status < 300 else f"HTTP {status}"  # noqa: PLR2004 - HTTP's own limit
        except ExchangeError as error:
            failure = str(error)
        if failure and not self._lost:
            # Once: each request would say it again.
            logger.warning("spans are lost: %s answers with %s", self._url, failure)
        self._lost = bool(failure)


_tracer: Tracer | None = None


def tracer(settings: Settings) -> Tracer:
    """The tracer of this process; both ways of answering share it."""
    global _tracer
    if _tracer is None:
        _tracer = Tracer(settings)
    return _tracer


def ask(name: str, attributes: Mapping[str, Any]) -> Span | None:
    """A span for a call of something else; None where no request is traced."""
    return _tracer.ask(name, attributes) if _tracer else None


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP's JSON has them; those that are empty are left out."""
    return [{"key": name, "value": _value(value)} for name, value in values.items() if value != ""]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}
