"""The MCP Inspector's web page, used by hand: connect, list the tools, call one."""

from __future__ import annotations

import re
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.fixtures import node
from tests.fixtures.clients.protocol_server import ProtocolServer, protocol_server

LAUNCHER = node.MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
READY = "up and running"


def free_port() -> int:
    """A port for the Inspector, which takes no 0."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@contextmanager
def inspector(server: ProtocolServer, folder: str, era: str) -> Iterator[str]:
    """Start it as `npx @modelcontextprotocol/inspector` does; the address of its page."""
    # Its own process calls the server, so no browser's rules apply to that.
    interpreter, port, token = node.node(), free_port(), secrets.token_hex(16)
    own = {
        "HOME": folder,
        "HOST": "127.0.0.1",
        "CLIENT_PORT": str(port),
        "MCP_SANDBOX_PORT": "0",
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_API_TOKEN": token,
        "MCP_INSPECTOR_SECRET_STORE": "memory",
    }
    process = subprocess.Popen(
        [
            *(interpreter, str(LAUNCHER), "--web", "--transport", "http", "--protocol-era", era),
            *("--server-url", server.mcp_url, "--header", f"Authorization: Bearer {server.key}"),
        ],
        env=node.environment() | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said: list[str] = []
        while not (said and READY in said[-1]):
            line = process.stdout.readline()
            assert line, f"the Inspector ended: {''.join(said)}"
            said.append(line)
        yield f"http://127.0.0.1:{port}/?MCP_INSPECTOR_API_TOKEN={token}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with protocol_server(tmp_path_factory.mktemp("inspected")) as deployed:
        yield deployed


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspectors_page_connects_lists_and_calls(server, chromium, tmp_path, era):
    with inspector(server, str(tmp_path), era) as address, chromium() as browser:
        page = browser.new_page()
        page.goto(address)
        # By the keyboard: the switch is drawn over the element itself.
        page.get_by_role("switch").press("Space")
        expect(page.get_by_text("Connected", exact=True)).to_be_visible()
        page.get_by_text("Tools", exact=True).first.click()
        page.get_by_text("search_knowledge").first.click()
        # Its first field is the tool's first argument.
        page.get_by_role("textbox", name="query").fill("Terraform")
        page.get_by_role("button", name="Execute Tool").click()
        expect(page.get_by_text(re.compile(r'"hits": \[')).first).to_be_visible()
        page.screenshot(path=tmp_path / "called.png")
        assert re.search(r'"title": "\w', page.inner_text("body"))
