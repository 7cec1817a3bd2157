"""Spans reach a collector over OTLP/HTTP, with the right parents, whichever way answers."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from mesh.build import BuildResult
from tests.local.any_server.instance import answers
from tests.local.any_server.project import HERE

CALLER_TRACE, CALLER_SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GATEWAY_TRACE, GATEWAY_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
INTERNAL, SERVER, CLIENT = 1, 2, 3
FAILED = 2


class Strict(BaseModel):
    """OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Value(Strict):
    """Exactly one of these."""

    string_value: str | None = None
    int_value: Annotated[str, Field(pattern=r"^-?\d+$")] | None = None
    double_value: float | None = None
    bool_value: bool | None = None


class Attribute(Strict):
    key: str
    value: Value

    @property
    def told(self) -> Any:
        (one,) = self.value.model_dump(exclude_none=True).values()
        return one


class Link(Strict):
    trace_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    span_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class Status(Strict):
    code: Literal[1, 2] | None = None


class Span(Strict):
    trace_id: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    span_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
    parent_span_id: Annotated[str, Field(pattern="^[0-9a-f]{16}$")] | None = None
    name: str
    kind: Literal[1, 2, 3, 4, 5]
    start_time_unix_nano: Annotated[str, Field(pattern=r"^\d{19}$")]
    end_time_unix_nano: Annotated[str, Field(pattern=r"^\d{19}$")]
    attributes: list[Attribute]
    links: list[Link] = []
    status: Status

    @property
    def facts(self) -> dict[str, Any]:
        return {attribute.key: attribute.told for attribute in self.attributes}


class Scope(Strict):
    scope: dict[Literal["name", "version"], str]
    spans: list[Span]


class Resource(Strict):
    resource: dict[Literal["attributes"], list[Attribute]]
    scope_spans: list[Scope]


class Export(Strict):
    resource_spans: list[Resource]


class Collector:
    """A small collector: takes OTLP/HTTP in JSON, and nothing that is not exactly that."""

    def __init__(self) -> None:
        self.exports: list[Export] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fits = (self.path, self.headers["content-type"]) == (
                    "/v1/traces",
                    "application/json",
                )
                if fits:
                    collector.exports.append(Export.model_validate_json(body))
                self.send_response(200 if fits else 400)
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"

    def requests(self) -> list[list[Span]]:
        """The spans of each request, in the order in which they ended."""
        made = [scope.spans for one in self.exports for scope in one.resource_spans[0].scope_spans]
        self.exports.clear()
        return made


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture(scope="module")
def task(built: Callable[..., BuildResult], tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = built(HERE / "servers" / "traced")
    assert made.fast_path is not None
    assert set(made.fast_path.tools) == {"look_up", "look_up_twice", "fail"}
    folder = tmp_path_factory.mktemp("traced")
    with zipfile.ZipFile(made.path) as opened:
        opened.extractall(folder)
    return folder


def traceparent(trace: str, span: str, flags: str = "01") -> str:
    return f"00-{trace}-{span}-{flags}"


def call(tool: str, meta: dict[str, str] | None = None, **arguments: str) -> list[Any]:
    params = {"name": tool, "arguments": arguments} | ({"_meta": meta} if meta else {})
    return ["tools/call", params]


OF_CALLER = {"traceparent": traceparent(CALLER_TRACE, CALLER_SPAN)}
OF_GATEWAY = {"traceparent": traceparent(GATEWAY_TRACE, GATEWAY_SPAN)}
UNSAMPLED = {"traceparent": traceparent(CALLER_TRACE, CALLER_SPAN, "00")}


@pytest.mark.parametrize("way", ["on", "off"], ids=["fast", "full"])
def test_request_tool_and_what_it_asks_are_spans_with_their_parents(
    task: Path, collector: Collector, way: str
) -> None:
    calls = [
        call("look_up", city="Oslo"),
        call("look_up_twice", OF_CALLER, city="Oslo"),
        [*call("look_up", OF_CALLER, city="Oslo"), OF_GATEWAY],
        [*call("look_up", city="Oslo"), OF_GATEWAY],
        call("fail"),
        call("look_up", UNSAMPLED, city="Oslo"),
        call("look_up", {"traceparent": "nonsense"}, city="Oslo"),
    ]
    found = answers(task, calls, way, {"MESH_OTLP_ENDPOINT": collector.endpoint})
    assert [one["status"] for one in found["answers"]] == [200] * len(calls)
    (plain, twice, both, header, failed, nonsense) = collector.requests()

    asked, tool, request = plain
    assert [span.kind for span in plain] == [CLIENT, INTERNAL, SERVER]
    assert [span.name for span in plain] == ["weather service", "tools/call look_up", "POST /mcp"]
    assert (asked.parent_span_id, tool.parent_span_id) == (tool.span_id, request.span_id)
    assert request.parent_span_id is None
    assert len({span.trace_id for span in plain}) == 1
    assert asked.facts == {"city": "Oslo", "attempt": "1"}
    assert tool.facts["gen_ai.tool.name"] == "look_up"
    assert request.facts["mesh.way"] == ("fast" if way == "on" else "full")
    assert request.facts["http.response.status_code"] == "200"
    assert request.facts["faas.coldstart"] is True
    for span in plain:
        inner = int(span.start_time_unix_nano), int(span.end_time_unix_nano)
        assert int(request.start_time_unix_nano) <= inner[0] <= inner[1]
        assert inner[1] <= int(request.end_time_unix_nano)

    # Only the caller takes part: the whole request is in its trace.
    weather, maps, tool, request = twice
    assert {span.trace_id for span in twice} == {CALLER_TRACE}
    assert request.parent_span_id == CALLER_SPAN
    assert tool.parent_span_id == request.span_id
    assert {weather.parent_span_id, maps.parent_span_id} == {tool.span_id}

    # A gateway between has a trace of its own: the call is the caller's, linked to the request.
    asked, tool, request = both
    assert (request.trace_id, request.parent_span_id) == (GATEWAY_TRACE, GATEWAY_SPAN)
    assert (tool.trace_id, tool.parent_span_id) == (CALLER_TRACE, CALLER_SPAN)
    assert (asked.trace_id, asked.parent_span_id) == (CALLER_TRACE, tool.span_id)
    assert tool.links == [Link(trace_id=GATEWAY_TRACE, span_id=request.span_id)]

    assert {span.trace_id for span in header} == {GATEWAY_TRACE}
    assert header[-1].parent_span_id == GATEWAY_SPAN

    asked, tool, request = failed
    assert (asked.status.code, tool.status.code) == (FAILED, FAILED)
    assert asked.facts["error.type"] == "ConnectionError"
    # The tool ran once, and FastMCP wrote its error: one span, whichever way.
    assert request.facts["mesh.way"] == "full"
    # The tool's error is a good answer to the request.
    assert request.status.code is None

    assert nonsense[-1].parent_span_id is None


def test_a_collector_that_is_down_costs_no_answer(task: Path, collector: Collector) -> None:
    gone = f"http://127.0.0.1:{collector.server.server_address[1] ^ 1}"
    found = answers(task, [call("look_up", city="Oslo")], "on", {"MESH_OTLP_ENDPOINT": gone})
    assert "It rains in Oslo." in json.dumps(found)


def test_without_the_setting_nothing_of_it_is_imported(task: Path) -> None:
    found = answers(task, [call("look_up", city="Oslo")], "on")
    assert found["answers"][0]["status"] == 200
    assert "mesh.runtime.observability.tracing" not in found["modules"]
