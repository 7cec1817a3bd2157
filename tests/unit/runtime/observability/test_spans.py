"""AOMA Mesh makes spans of what its tools ask; `tests/local/any_server` sends spans for real."""

from __future__ import annotations

from copy import replace
from typing import Any

from mesh.runtime.observability import tracing


def test_a_search_is_a_span_below_its_tool(start_instance, settings, monkeypatch):
    traced = replace(settings, otlp_endpoint="http://127.0.0.1:9")
    tracer = tracing.Tracer(traced)
    sent: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(tracer, "_send", sent.append)
    monkeypatch.setattr(tracing, "_tracer", tracer)
    body = {
        "id": 1,
        "method": "tools/call",
        "params": {"name": "search_knowledge", "arguments": {"query": "checksum"}},
    }
    start_instance(traced).request("POST", "/rpc", body)

    (spans,) = sent
    asked, tool, request = spans
    assert [span["name"] for span in spans] == [
        "embedded index",
        "tools/call search_knowledge",
        "POST /rpc",
    ]
    assert asked["parentSpanId"] == tool["spanId"]
    assert tool["parentSpanId"] == request["spanId"]
    assert "checksum" not in str(spans)
