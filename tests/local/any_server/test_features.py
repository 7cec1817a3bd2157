"""FastMCP's features, through a Function URL, with FastMCP's own client of both eras."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastmcp import Client, FastMCP
from fastmcp.client.client import CallToolResult
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.dependencies import CurrentHeaders
from mcp_types import (
    AudioContent,
    EmbeddedResource,
    ImageContent,
    TextContent,
    TextResourceContents,
)

from mesh.build import build
from mesh.build.environment import ROOT
from mesh.credentials import api_keys
from mesh.installation import CACHE
from mesh.local_aws.process import Running, start, stop
from mesh.runtime.access.api_keys import generate
from tests.fixtures.deployed import Function, client, deploy_zip, wait_until
from tests.local.any_server.project import HERE, project_of

KEYS, STATE_KEY = "/features/api-keys", "/features/state-key"
ERAS = ("auto", "legacy")


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A server that a proxy leads to; its tool tells the headers that it was called with."""
    server: FastMCP[None] = FastMCP("Upstream")

    @server.tool
    def told(headers: dict[str, str] = CurrentHeaders()) -> list[str]:  # noqa: B008 - FastMCP's way
        return [*headers, *headers.values()]

    config = uvicorn.Config(server.http_app(), host="127.0.0.1", port=0, log_level="error")
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run)
    thread.start()
    wait_until(lambda: serving.started)
    (socket,) = serving.servers[0].sockets
    yield f"http://127.0.0.1:{socket.getsockname()[1]}/mcp"
    serving.should_exit = True
    thread.join()


class Echo(BaseHTTPRequestHandler):
    """An HTTP API that answers with the headers it was sent."""

    def do_GET(self) -> None:
        told = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"headers": told}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class Deployed:
    """The server with all features, a key to it, and one for a single tool."""

    function: Function
    key: str
    narrow_key: str

    def get(self, path: str, key: str | None = None) -> httpx.Response:
        headers = {} if key is None else {"x-api-key": key}
        return self.function.get(path, headers=headers)


@pytest.fixture(scope="module")
def deployed(
    tmp_path_factory: pytest.TempPathFactory, upstream: str, api: str
) -> Iterator[Deployed]:
    """Built and deployed once for all tests here."""
    folder = tmp_path_factory.mktemp("features")
    output = folder / "server.zip"
    project = project_of(HERE / "servers" / "features")
    build(project, "host", output=output, cache=CACHE / "bundle")
    running = start(folder / "aws", endpoint_port=0, url_ports="0", log=folder / "aws.log")
    try:
        yield _deploy(running, output, UPSTREAM_URL=upstream, API_URL=api)
    finally:
        stop(folder / "aws")


def _deploy(running: Running, zip_file: Path, **variables: str) -> Deployed:
    ssm = client(running, "ssm")
    for name, value in ((KEYS, "{}"), (STATE_KEY, secrets.token_hex(32))):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    stored = api_keys.Parameter(ssm, KEYS)
    key = api_keys.create(stored, "tests")
    narrow_key = api_keys.create(stored, "narrow", api_keys.Limits(tools=("say",)))
    parameters = {"MESH_API_KEYS_PARAMETER": KEYS, "MESH_STATE_KEY_PARAMETER": STATE_KEY}
    function = deploy_zip(
        running, zip_file.read_bytes(), MESH_AUTH="api_key", **parameters, **variables
    )
    return Deployed(function, key, narrow_key)


@dataclass
class Conversation:
    """What the server said to the client beside its answers, and what the client answered."""

    logs: list[str] = field(default_factory=list)
    progress: list[tuple[float, float | None, str | None]] = field(default_factory=list)


type Call = Callable[..., CallToolResult]


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Whether the client speaks the newest protocol or one with a handshake."""
    return str(request.param)


@pytest.fixture
def said() -> Conversation:
    """Nothing yet."""
    return Conversation()


@pytest.fixture
def credential(deployed: Deployed) -> dict[str, str]:
    """The headers that the client proves itself with."""
    return {"authorization": f"Bearer {deployed.key}"}


@pytest.fixture
def call(deployed: Deployed, era: str, said: Conversation, credential: dict[str, str]) -> Call:
    """Calls a tool as a person's client would, who is called Ada."""

    async def log(message: Any) -> None:
        said.logs.append(message.data["msg"])

    async def progress(done: float, total: float | None, message: str | None) -> None:
        said.progress.append((done, total, message))

    async def fill_in(*_: object) -> dict[str, str]:
        return {"name": "Ada"}

    async def think(*_: object) -> str:
        return "four"

    async def called(tool: str, arguments: dict[str, Any]) -> CallToolResult:
        headers = {**credential, "x-shop": "s1"}
        transport = StreamableHttpTransport(f"{deployed.function.url}mcp", headers=headers)
        handlers: dict[str, Any] = {
            "log_handler": log,
            "progress_handler": progress,
            "elicitation_handler": fill_in,
            "sampling_handler": think,
        }
        async with Client(transport, mode=era, **handlers) as asked:
            answer: CallToolResult = await asked.call_tool(tool, arguments, raise_on_error=False)
            return answer

    return lambda tool, **arguments: asyncio.run(called(tool, arguments))


def text(result: CallToolResult) -> str:
    """What it says."""
    return str(getattr(result.content[0], "text", ""))


def test_middleware_and_an_extension_change_an_answer(call: Call) -> None:
    assert call("say", text="hush").data == "HUSH, PLEASE"


def test_the_lifespan_is_entered_once_for_all_requests(call: Call) -> None:
    assert [call("opened").data for _ in range(2)] == [["opened"], ["opened"]]


def test_tools_of_a_mounted_server_are_called(call: Call) -> None:
    assert call("child_double", number=2).data == 4


def test_tools_are_transformed(call: Call) -> None:
    # One by `Tool.from_tool`, and one by a transform of a mounted server.
    assert call("add_ten", left=1).data == 11
    assert call("order", item="tea").data == "bought tea"
    assert text(call("buy", item="tea")) == "Unknown tool: 'buy'"


def test_progress_and_log_messages_arrive(call: Call, said: Conversation) -> None:
    assert call("work", steps=2).data == "done"
    assert said.progress == [(1, 2, "step 1"), (2, 2, "step 2")]
    assert said.logs == ["did 1", "did 2"]


def test_a_tool_reads_a_resource_and_keeps_it_for_the_call(call: Call) -> None:
    assert call("read").data == "Slow is smooth"


def test_what_a_call_keeps_is_gone_at_its_end(call: Call) -> None:
    assert call("remember", value="a").data is None
    assert call("remember", value="b").data is None


@pytest.mark.parametrize("tool", ["create_session", "hide"])
def test_what_is_meant_for_later_calls_needs_a_shared_store(
    call: Call, era: str, tool: str
) -> None:
    answer = call(tool)
    assert answer.is_error
    if tool == "hide" and era == "auto":
        assert "carries no client identity" in text(answer)
    else:
        assert "FastMCP(session_state_store=...)" in text(answer)


@pytest.mark.parametrize(("tool", "answer"), [("greet", "Hello, Ada! (asked)"), ("think", "four")])
def test_a_tool_asks_back(call: Call, era: str, tool: str, answer: str) -> None:
    result = call(tool)
    if era == "auto":
        assert result.data == answer
    else:
        assert result.is_error
        assert "takes protocol 2026-07-28, and this client speaks 2025-11-25" in text(result)


@pytest.mark.parametrize(
    ("tool", "method"), [("ask", "elicitation/create"), ("sample", "sampling/createMessage")]
)
def test_asking_in_the_middle_of_a_call_is_refused_with_the_remedy(
    call: Call, tool: str, method: str
) -> None:
    result = call(tool)
    assert result.is_error
    assert method in text(result)
    assert "return an InputRequiredResult instead" in text(result)


def test_dependencies_are_injected(call: Call) -> None:
    assert call("injected").data == ["notes", "s1"]


def test_plain_json_rpc_passes_the_callers_headers_on_and_no_credential(
    deployed: Deployed,
) -> None:
    call = {"method": "tools/call", "params": {"name": "injected", "arguments": {}}}
    headers = {"x-api-key": deployed.key, "x-shop": "s2", "mcp-session-id": "none"}
    answer = httpx.post(f"{deployed.function.url}rpc", json=call, headers=headers, timeout=60)
    assert answer.json()["result"]["structuredContent"]["result"] == ["notes", "s2"]
    through_api = {"method": "tools/call", "params": {"name": "api_headers", "arguments": {}}}
    answer = httpx.post(
        f"{deployed.function.url}rpc", json=through_api, headers=headers, timeout=60
    )
    told = answer.json()["result"]["structuredContent"]["headers"]
    assert told["x-shop"] == "s2"
    assert deployed.key not in str(told)


def test_images_sounds_and_files_arrive(call: Call) -> None:
    image, sound, file, words = call("media").content
    assert isinstance(image, ImageContent)
    assert (image.mime_type, base64.b64decode(image.data)[1:4]) == ("image/png", b"PNG")
    assert isinstance(sound, AudioContent)
    assert sound.mime_type == "audio/wav"
    assert isinstance(file, EmbeddedResource)
    assert isinstance(file.resource, TextResourceContents)
    assert file.resource.text == "a,b\n"
    assert isinstance(words, TextContent)
    assert words.text == "and words"


def test_the_example_in_the_docs_asks_back() -> None:
    page = (
        (ROOT / "docs" / "how-to" / "write-tools.md").read_text("utf-8").partition("## Ask back")[2]
    )
    source = page.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(source, "write-tools.md", "exec"), names)  # noqa: S102 - of this repository

    async def fill_in(*_: object) -> dict[str, str]:
        return {"name": "Ada"}

    async def greeting() -> object:
        async with Client(names["mcp"], elicitation_handler=fill_in) as asked:
            return (await asked.call_tool("greet")).data

    assert asyncio.run(greeting()) == "Hello, Ada!"


@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_a_proxy_and_an_api_are_called_without_the_callers_credential(
    deployed: Deployed, call: Call, credential: dict[str, str], header: str
) -> None:
    # FastMCP passes on one of these by a proxy, the other by both.
    if header == "x-api-key":
        credential.clear()
        credential[header] = deployed.key
    through_proxy = call("far_told").data
    answered = call("api_headers").structured_content
    assert answered is not None
    through_api = [*answered["headers"], *answered["headers"].values()]
    for told in (through_proxy, through_api):
        # Other headers are passed on.
        assert "s1" in told
        assert deployed.key not in str(told)
        assert not {"authorization", "x-api-key"} & {str(one).lower() for one in told}


@pytest.mark.parametrize(("path", "answer"), [("hook", "GET "), ("child", "child")])
def test_a_custom_route_needs_a_credential(deployed: Deployed, path: str, answer: str) -> None:
    assert deployed.get(path).status_code == 401
    assert deployed.get(path, generate()).status_code == 401
    narrow = deployed.get(path, deployed.narrow_key)
    assert narrow.status_code == 403
    assert "This credential is for tools only" in narrow.text
    reached = deployed.get(path, deployed.key)
    assert (reached.status_code, reached.text) == (200, answer)
