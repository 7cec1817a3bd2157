"""RESPONSE_STREAM from Terraform to official clients: what buffered answers cannot do."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from pytest_terraform import terraform

from mesh.smoke import smoke
from mesh.smoke.credential import ApiKey

TOOLS = Path(__file__).with_name("streamed_tools.py")
SECONDS = 60


def client(url: str, key: str, **options: Any) -> Client[StreamableHttpTransport]:
    transport = StreamableHttpTransport(url, headers={"Authorization": f"Bearer {key}"})
    return Client(transport, **options)


def call(tool: str, **arguments: object) -> dict[str, object]:
    """A tools/call that asks for progress, as any client may send it."""
    params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": 1}}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


async def progress_comes_while_the_tool_runs(url: str, key: str) -> None:
    seen: list[str | None] = []
    first = asyncio.Event()

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append(message)
        first.set()

    async def speak(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The tool cannot end before the client has its first report: that is the proof.
        await first.wait()
        writer.write(b"go on\n")
        writer.close()

    async with await asyncio.start_server(speak, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with client(url, key, progress_handler=on_progress) as connected:
            answer = await connected.call_tool("wait_for_word", {"port": port})
    assert answer.data == "go on"
    assert seen == ["waiting", "heard"]


async def a_client_that_leaves_ends_the_tool(url: str, key: str) -> None:
    said: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.set_result(await reader.readline())
        writer.close()

    headers = {"authorization": f"Bearer {key}", "accept": "application/json, text/event-stream"}
    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        message = call("wait_for_word", port=server.sockets[0].getsockname()[1])
        async with (
            httpx.AsyncClient(timeout=SECONDS) as http,
            http.stream("POST", url, json=message, headers=headers) as answer,
        ):
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                if "waiting" in line:
                    break
            assert not said.done()
        assert await said == b"cancelled\n"


def call_plainly(url: str, key: str) -> str:
    async def work() -> str:
        async with client(url, key) as connected:
            return str((await connected.call_tool("answer_at_length", {"size": 1})).data)

    return asyncio.run(work())


@pytest.fixture
def streaming(editable, monkeypatch):
    """The project with the tests' tools, to be deployed for streaming."""
    shutil.copy(TOOLS, editable.root / "mcp_app" / "tools" / "streamed.py")
    editable.build()
    monkeypatch.setenv("TF_VAR_invoke_mode", "RESPONSE_STREAM")
    return editable


# Not "terraform": a second use of one name in another module would get no fixture there.
@pytest.mark.promise("answers can be streamed")
@terraform("terraform/", name="streamed")
def test_answers_are_streamed(aws, streaming, streamed, make_key, monkeypatch):
    outputs = {name: output["value"] for name, output in streamed.outputs.items()}
    url, mcp_url = outputs["function_url"], outputs["mcp_url"]
    key = make_key(outputs["api_keys_parameter"])
    headers = {"authorization": f"Bearer {key}", "accept": "application/json, text/event-stream"}

    # All that is served buffered is served like that.
    report = smoke.smoke(url, credential=ApiKey(key), deadline_seconds=30)
    assert report.ok, report
    assert httpx.post(mcp_url, json={}, timeout=60).status_code == 401
    assert httpx.get(f"{url}health", timeout=60).headers["transfer-encoding"] == "chunked"

    asyncio.run(asyncio.wait_for(progress_comes_while_the_tool_runs(mcp_url, key), SECONDS))
    asyncio.run(asyncio.wait_for(a_client_that_leaves_ends_the_tool(mcp_url, key), SECONDS))

    size = 7 * 1024 * 1024
    for accept in ("application/json", headers["accept"]):
        large = httpx.post(
            mcp_url,
            json=call("answer_at_length", size=size),
            headers=headers | {"accept": accept},
            timeout=SECONDS,
        )
        assert large.status_code == 200
        text = large.text.partition("data: ")[2] or large.text
        assert len(json.loads(text)["result"]["content"][0]["text"]) == size

    # What fails after the first byte does not look like the end.
    with httpx.stream("POST", mcp_url, json=call("die"), headers=headers, timeout=60) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()

    # Back and forth in place, in the order of an apply and with the version before pinned:
    # the address stays, and either version is served in either mode.
    for mode, live in (("BUFFERED", 1), ("BUFFERED", None), ("RESPONSE_STREAM", 2)):
        monkeypatch.setenv("TF_VAR_invoke_mode", mode)
        monkeypatch.delenv("TF_VAR_live_version", raising=False)
        if live is not None:
            monkeypatch.setenv("TF_VAR_live_version", str(live))
        streamed.terraform.apply()
        # A new version starts cold, and this machine may be busy.
        health = httpx.get(f"{url}health", timeout=SECONDS)
        assert health.json()["function_version"] == str(live or 2)
        assert call_plainly(mcp_url, key) == "x"
    now = streamed.terraform.show()["values"]["outputs"]
    assert now["function_url"]["value"] == url
