"""docs/THIRD-PARTY-MCP-SETUP.md, tried line by line: what can be run is taken from it and run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastmcp import Client
from fastmcp.client.transports import StdioTransport

from aoma.corpus import write_index
from mcp_app.knowledge.embedded.backend import EmbeddedBackend
from mcp_app.server import build_server
from mcp_app.settings import load
from mesh.build.environment import ROOT
from mesh.reference.setup_guide import ADDRESS, FILE
from mesh.runtime.access.api_keys import KeyRing, digest
from mesh.runtime.http.app import build_app
from tests.fixtures import node
from tests.fixtures.tested_servers import KEY, served

BLOCK = re.compile(
    r"^\*\*(?P<place>[^\n]+)\*\*\n\n```(?P<language>\w+)\n(?P<text>.*?)\n```$",
    re.MULTILINE | re.DOTALL,
)
FAILED = re.compile(r"is_?error\W+true", re.IGNORECASE)
SECONDS = 120


@dataclass(frozen=True)
class Block:
    """Something to paste, of one client and one way in."""

    heading: str
    place: str
    language: str
    text: str


def blocks() -> list[Block]:
    guide = FILE.read_text(encoding="utf-8")
    found = []
    for section in re.split(r"^### ", guide, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0]
        found += [Block(heading, *match.groups()) for match in BLOCK.finditer(section)]
    return found


def block(heading: str, number: int = 0) -> Block:
    return [one for one in blocks() if one.heading == heading][number]


@pytest.fixture(scope="module")
def keyed(tmp_path_factory) -> Iterator[str]:
    """The MCP address of this project's application, closed by a key, with documents to search."""
    index = tmp_path_factory.mktemp("guide") / "knowledge.sqlite3"
    write_index(index, documents=[ROOT / "docs"], repositories=[])
    settings = load({"MESH_API_KEYS_PARAMETER": "/mesh/test/api-keys"})
    backend = EmbeddedBackend(index)
    entry = {"name": "guide", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
    ring = KeyRing(lambda: json.dumps({"keys": [entry]}), source="a test", ttl_seconds=60)
    with served(build_app(build_server(settings, backend), settings, ring)) as url:
        yield f"{url}mcp"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder for PATH, with `npx` and `uvx` that start what was installed from locks.

    They take the same arguments as the real ones, which would ask a registry for the newest.
    """
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def stand_in(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\nset -eu\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def with_node(programs: Path, tmp_path: Path) -> dict[str, str]:
    """An environment in which `npx -y` starts the packages of requirements/node."""
    environment = node.environment()
    modules = node.MODULES
    stand_in(
        programs,
        "npx",
        'test "$1" = -y; package=$2; shift 2\n'
        'case "$package" in @modelcontextprotocol/inspector) package=mcp-inspector;; esac\n'
        f'exec {modules}/.bin/"$package" "$@"',
    )
    (tmp_path / "node_modules").symlink_to(modules)
    home = {"HOME": str(tmp_path), "MESH_API_KEY": KEY}
    return environment | home | {"PATH": f"{programs}{os.pathsep}{environment['PATH']}"}


@pytest.fixture
def signing(clients, programs: Path) -> dict[str, str]:
    """An environment with AWS credentials but no region, in which `uvx` starts AWS's proxy."""
    stand_in(
        programs,
        "uvx",
        'test "$1" = mcp-proxy-for-aws@latest; shift\n'
        f'exec {clients.path("mcp-proxy-for-aws")} "$@"',
    )
    kept = {k: v for k, v in clients.environment.items() if "REGION" not in k}
    path = f"{programs}{os.pathsep}{kept['PATH']}"
    return kept | {"PATH": path, "AWS_SESSION_TOKEN": ""}


def run(pasted: Block, address: str, environment: dict[str, str], folder: Path) -> str:
    """What a pasted block prints; a failure shows all that it said."""
    text = pasted.text.replace(ADDRESS, address).replace(
        ADDRESS.removesuffix("mcp"), address.removesuffix("mcp")
    )
    assert ADDRESS not in text
    if pasted.language == "js":
        (folder / "example.mjs").write_text(text)
        command = [node.node(), "example.mjs"]
    elif pasted.language == "python":
        command = [sys.executable, "-c", text]
    else:
        assert pasted.language == "sh"
        command = ["sh", "-c", text]
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_answer(said: str) -> bool:
    """Whether a client shows the hits of a search, or the list of tools."""
    return ("hits" in said or '"search_knowledge"' in said) and not FAILED.search(said)


def tools_of(entry: dict[str, object], environment: dict[str, str]) -> set[str]:
    """The tools of a local server, started as a client's configuration file says."""
    transport = StdioTransport(
        str(entry["command"]),
        list(entry["args"]),  # type: ignore[call-overload]
        env=environment | dict(entry["env"]),  # type: ignore[call-overload]
    )

    async def listed() -> set[str]:
        async with Client(transport) as client:
            return {tool.name for tool in await client.list_tools()}

    return asyncio.run(asyncio.wait_for(listed(), SECONDS))


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("curl: API key", 0),
        ("curl: API key", 1),
        ("Python SDK: API key", 0),
        ("FastMCP: API key", 0),
    ],
)
def test_with_an_api_key(keyed, tmp_path, heading, number):
    environment = {**os.environ, "MESH_API_KEY": KEY, "NO_PROXY": "127.0.0.1"}
    assert is_answer(run(block(heading, number), keyed, environment, tmp_path))


@pytest.mark.parametrize("heading", ["MCP Inspector: API key", "TypeScript SDK: API key"])
def test_with_an_api_key_from_node(keyed, with_node, tmp_path, heading):
    assert is_answer(run(block(heading), keyed, with_node, tmp_path))


@pytest.mark.parametrize("heading", ["curl: OAuth", "Python SDK: OAuth"])
def test_an_access_token_is_sent_as_it_should(keyed, tmp_path, heading):
    """To a server that takes this token for a key: what is tried is that it arrives."""
    environment = {**os.environ, "MESH_ACCESS_TOKEN": KEY, "NO_PROXY": "127.0.0.1"}
    assert is_answer(run(block(heading), keyed, environment, tmp_path))


def test_claude_desktop_reaches_the_server_through_mcp_remote(keyed, with_node):
    file = block("Claude Desktop: API key").text.replace(ADDRESS, keyed)
    (entry,) = json.loads(file.replace("<your API key>", KEY))["mcpServers"].values()
    assert "search_knowledge" in tools_of(entry, with_node)


@pytest.mark.parametrize(
    ("heading", "number"),
    [
        ("curl: AWS IAM", 0),
        ("curl: AWS IAM", 1),
        ("Python SDK: AWS IAM", 0),
        ("FastMCP: AWS IAM", 0),
    ],
)
def test_signed_for_aws(mesh_url, signing, tmp_path, heading, number):
    assert is_answer(run(block(heading, number), f"{mesh_url}mcp", signing, tmp_path))


def test_signed_for_aws_from_node(mesh_url, signing, with_node, tmp_path):
    environment = signing | {"PATH": f"{with_node['PATH']}{os.pathsep}{signing['PATH']}"}
    said = run(block("TypeScript SDK: AWS IAM"), f"{mesh_url}mcp", environment, tmp_path)
    assert is_answer(said)


def test_the_inspector_signs_with_the_credentials_of_the_home_folder(
    mesh_url, signing, with_node, tmp_path
):
    """It passes on nothing else of its environment but what `-e` names."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        f"[default]\naws_access_key_id = {signing['AWS_ACCESS_KEY_ID']}\n"
        f"aws_secret_access_key = {signing['AWS_SECRET_ACCESS_KEY']}\n"
    )
    said = run(block("MCP Inspector: AWS IAM"), f"{mesh_url}mcp", with_node, tmp_path)
    assert is_answer(said)


def local_server(client: str, number: int = 0) -> dict[str, object]:
    """The one entry of a client's configuration file."""
    file = json.loads(block(f"{client}: AWS IAM", number).text)
    (entry,) = (file.get("mcpServers") or file["servers"]).values()
    return dict(entry)


def test_clients_that_start_the_proxy_reach_the_server(mesh_url, signing):
    entry = local_server("IAM proxy", 1)
    for client in ("Claude Desktop", "Cursor", "Windsurf"):
        assert local_server(client) == entry
    assert local_server("VS Code") == {"type": "stdio", **entry}
    reached = json.loads(json.dumps(entry).replace(ADDRESS, f"{mesh_url}mcp"))
    assert "search_knowledge" in tools_of(reached, signing)


def test_the_deployed_zip_serves_the_page(curl, mesh_url, signing):
    """With its style and script, which are no Python; to signed requests, where IAM is the way."""
    signed = ("--aws-sigv4", "aws:amz:us-east-1:lambda", "--user")
    user = f"{signing['AWS_ACCESS_KEY_ID']}:{signing['AWS_SECRET_ACCESS_KEY']}"
    done = subprocess.run(
        [curl, "-sS", "--noproxy", "127.0.0.1", *signed, user, mesh_url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{mesh_url}mcp" in done.stdout
    assert "AWS Signature Version 4" in done.stdout
    assert "color-scheme" in done.stdout
    assert "clipboard.writeText" in done.stdout


def test_nothing_that_can_be_run_is_left_out():
    """A block that is neither run here nor known to need the client's own program is new."""
    own_program = {
        *("Claude Code", "Codex", "Gemini CLI", "IAM proxy", "Anthropic API", "OpenAI API")
    }
    run_here = {"curl", "Python SDK", "FastMCP", "TypeScript SDK", "MCP Inspector"}
    runnable = {
        one.heading.partition(":")[0] for one in blocks() if one.language in {"sh", "python", "js"}
    }
    assert runnable == own_program | run_here
