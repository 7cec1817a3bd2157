"""What `mesh up` prints works when it is pasted."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import pytest

from ops import snippets
from tests.ops.tested_servers import KEY, Answers, mcp_server, served

NO_PROXY = {"NO_PROXY": "127.0.0.1", "PATH": "/usr/bin:/bin"}


@pytest.mark.parametrize("sse", [True, False], ids=["event-stream", "json"])
def test_the_curl_line_calls_a_tool(*, sse: bool) -> None:
    with served(mcp_server(Answers(sse=sse))) as url:
        done = subprocess.run(
            ["sh", "-c", snippets.curl(f"{url}mcp", KEY)],
            env=NO_PROXY,
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stderr == ""
    assert '"passages"' in done.stdout
    assert '"isError":true' not in done.stdout


def test_the_python_program_calls_a_tool() -> None:
    with served(mcp_server(Answers())) as url:
        done = subprocess.run(
            [sys.executable, "-c", snippets.python(f"{url}mcp", KEY)],
            env=NO_PROXY,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert "passages" in done.stdout


def test_clients_get_the_address_and_the_key() -> None:
    url = "http://127.0.0.1:8787/mcp"
    words = shlex.split(snippets.claude_code(url, KEY).replace("\\\n", " "))
    assert words == [
        *("claude", "mcp", "add", "--transport", "http", "aoma-mesh", url),
        *("--header", f"Authorization: Bearer {KEY}"),
    ]
    headers = {"Authorization": f"Bearer {KEY}"}
    assert json.loads(snippets.vs_code(url, KEY)) == {
        "servers": {"aoma-mesh": {"type": "http", "url": url, "headers": headers}}
    }
    assert json.loads(snippets.cursor(url, KEY)) == {
        "mcpServers": {"aoma-mesh": {"url": url, "headers": headers}}
    }
