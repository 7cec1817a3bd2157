"""The MCP Inspector's web page, used by hand: connect, list the tools, call one."""

from __future__ import annotations

import json
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fixtures import node
from tests.fixtures.browser.chromium import Page
from tests.fixtures.clients.protocol_server import ProtocolServer, protocol_server

LAUNCHER = node.MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
READY = "up and running"
SHOWN = "document.body.innerText.includes({})"
# The innermost element that has a text and nothing else.
WITH_TEXT = """[...document.querySelectorAll("label, button, p")].findLast(
    one => one.innerText.trim().startsWith({}))"""


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


def choose(page: Page, text: str) -> None:
    """Click what has this text, once it is there."""
    wanted = WITH_TEXT.format(json.dumps(text))
    page.until(f"!!{wanted}")
    page.evaluate(f"{wanted}.click()")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with protocol_server(tmp_path_factory.mktemp("inspected")) as deployed:
        yield deployed


@pytest.mark.parametrize("era", ["legacy", "modern"])
def test_the_inspectors_page_connects_lists_and_calls(server, browser, tmp_path, era):
    with inspector(server, str(tmp_path), era) as address, browser.page(address) as page:
        # By script: the page may still move, and a click with the mouse would miss.
        page.until("!!document.querySelector('input[role=switch]')")
        page.evaluate("document.querySelector('input[role=switch]').click()")
        page.until(SHOWN.format("'Connected'"))
        choose(page, "Tools")
        page.until(SHOWN.format("'search_knowledge'"))
        choose(page, "search_knowledge")
        page.until(SHOWN.format("'Execute Tool'"))
        # Its first field is the tool's first argument, query.
        field = "[...document.querySelectorAll('label')].find(one => /^query/.test(one.innerText))"
        page.evaluate(f"document.getElementById({field}.htmlFor).focus()")
        page.send("Input.insertText", text="Terraform")
        choose(page, "Execute Tool")
        page.until(SHOWN.format("'\"hits\": ['"))
        page.screenshot(tmp_path / "called.png")
        assert re.search(r'"title": "\w', page.evaluate("document.body.innerText"))
