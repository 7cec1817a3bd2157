"""Assistants as people run them: `mesh connect` writes their files, and they list the tools."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StdioTransport

from mcp_app.settings import load
from mesh.cli import command_line
from mesh.runtime.access.api_keys import KeyRing, digest
from mesh.runtime.http.app import build_app
from tests.fixtures import node
from tests.fixtures.tested_servers import KEY, served

SECONDS = 120


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The MCP address of a server with one tool, closed by a key."""
    server: FastMCP = FastMCP("Parcels", "Counts parcels.")

    @server.tool
    def count_parcels() -> int:
        return 7

    entry = {"name": "it", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
    ring = KeyRing(lambda: json.dumps({"keys": [entry]}), source="a test", ttl_seconds=60)
    settings = load({"MESH_API_KEYS_PARAMETER": "/p", "MESH_NAME": "parcels"})
    with served(build_app(server, settings, ring)) as address:
        yield f"{address}mcp"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment with a home of its own, and the key where the clients look for it."""
    for name in ("XDG_CONFIG_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    own = {"HOME": str(tmp_path), "MESH_API_KEY": KEY, "TMPDIR": str(tmp_path)}
    return node.environment() | own


def mesh(*words: str) -> None:
    done = CliRunner().invoke(command_line, list(words), catch_exceptions=False)
    assert done.exit_code == 0, done.output


def run(home: dict[str, str], *command: str) -> str:
    """What a program prints, on either stream: Gemini CLI's lists go to the second."""
    done = subprocess.run(
        command,
        env=home,
        cwd=home["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_codex_lists_the_tools(url, home):
    mesh("connect", "codex", url)
    command = [node.node(), str(node.assistants() / "@openai/codex/bin/codex.js"), "app-server"]
    hello = {"clientInfo": {"name": "test", "version": "1"}}
    asked: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": hello},
        {"method": "initialized"},
        {"id": 2, "method": "mcpServerStatus/list", "params": {}},
    ]
    with subprocess.Popen(
        command, env=home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for message in asked:
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        answers = (json.loads(line) for line in process.stdout)
        (found,) = next(one for one in answers if one.get("id") == 2)["result"]["data"]
        process.terminate()
    assert found["name"] == "parcels"
    assert list(found["tools"]) == ["count_parcels"], found


def test_gemini_cli_and_claude_code_connect(url, home):
    mesh("connect", "gemini-cli", url)
    mesh("connect", "claude-code", url)
    gemini = str(node.assistants() / "@google/gemini-cli/bundle/gemini.js")
    trusted = home | {"GEMINI_CLI_TRUST_WORKSPACE": "true"}
    assert f"parcels: {url} (http) - Connected" in run(trusted, node.node(), gemini, "mcp", "list")
    said = run(home, claude(), "mcp", "list")
    assert f"parcels: {url} (HTTP)" in said
    assert "Connected" in said
    assert KEY not in (Path(home["HOME"]) / ".claude.json").read_text()


def claude() -> str:
    """Claude Code's program, which its package starts."""
    found = node.assistants().glob("@anthropic-ai/claude-code-*/claude*")
    return str(next(one for one in found if os.access(one, os.X_OK)))


def test_claude_code_takes_the_plugin(url, home):
    mesh("bundle", "plugin", url)
    folder = Path(home["HOME"]) / "parcels-plugin"
    assert "Validation passed" in run(home, claude(), "plugin", "validate", str(folder))
    run(home, claude(), "plugin", "marketplace", "add", str(folder))
    run(home, claude(), "plugin", "install", "parcels@parcels")
    assert "parcels@parcels" in run(home, claude(), "plugin", "list")


def test_the_bundle_is_valid_and_its_program_calls_a_tool(url, home):
    mesh("bundle", "mcpb", url)
    folder = Path(home["HOME"]) / "unpacked"
    mcpb = str(node.assistants() / "@anthropic-ai/mcpb/dist/cli/cli.js")
    run(home, node.node(), mcpb, "unpack", "parcels.mcpb", str(folder))
    run(home, node.node(), mcpb, "validate", str(folder / "manifest.json"))

    async def session(key: str, address: str = url) -> Any:
        program = [str(folder / "server" / "index.mjs")]
        variables = {"MCP_URL": address, "MCP_API_KEY": key}
        async with Client(StdioTransport(node.node(), program, env=variables)) as client:
            return [tool.name for tool in await client.list_tools()], await client.call_tool(
                "count_parcels", {}
            )

    tools, result = asyncio.run(session(KEY))
    assert tools == ["count_parcels"]
    assert result.data == 7
    with pytest.raises(Exception, match="The API key is not valid"):
        asyncio.run(session(f"mesh_{'x' * 43}"))
    with pytest.raises(Exception, match="did not answer"):
        asyncio.run(session(KEY, "http://127.0.0.1:9/mcp"))
