"""One session with each real MCP client: how it is run, and what it says it saw."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests import node
from tests.separate_environment import CLIENTS

PROGRAMS = Path(__file__).with_name("programs")
SECONDS = 90

# What a session saw: protocol, tools, found, resource, prompt, refused, unknown.
type Seen = dict[str, Any]
type Session = Callable[[str, str], Seen]


def _run(*command: str, environment: Mapping[str, str] | None = None) -> str:
    """What the program prints; a failure shows all that it said."""
    done = subprocess.run(
        command,
        env=dict(environment or node.without_aws()),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(seen: Seen) -> None:
    """What every session has to have seen."""
    assert {"search_knowledge", "get_system_health"} <= set(seen["tools"])
    assert json.loads(seen["found"])["hits"]
    assert json.loads(seen["resource"])["status"] == "healthy"
    assert seen["prompt"].startswith("Triage an incident of high severity.")
    # The tool's own words reach whoever called it.
    assert re.search("query|max_results", seen["refused"])
    assert seen["unknown"] in {-32002, -32602}
    if "resources" in seen:
        listed = seen["resources"]
        assert len(set(listed)) == len(listed)
        assert "aoma://health" in listed


def python_in(
    interpreter: str,
    program: str,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
) -> Seen:
    """What one of our programs saw, run by this Python."""
    seen: Seen = json.loads(
        _run(interpreter, str(PROGRAMS / program), *arguments, environment=environment)
    )
    return seen


def python_sdk(mode: str) -> Session:
    """The official Python SDK, 2.x."""
    return lambda url, key: python_in(sys.executable, "python_sdk_2.py", url, key, mode)


def generation_before(program: str) -> Session:
    """The official Python SDK, 1.x, or FastMCP 3 with it."""

    def session(url: str, key: str) -> Seen:
        CLIENTS.install()
        return python_in(CLIENTS.python, program, url, key)

    return session


def fastmcp_client(url: str, key: str) -> Seen:
    """FastMCP's own client."""
    return python_in(sys.executable, "fastmcp_client.py", url, key)


def typescript_sdk(generation: int) -> Session:
    """The official TypeScript SDK; its programs have to lie beside the packages."""

    def session(url: str, key: str) -> Seen:
        interpreter = node.node()
        with tempfile.TemporaryDirectory(dir=node.FOLDER) as folder:
            for program in PROGRAMS.glob("*.mjs"):
                (Path(folder) / program.name).write_text(program.read_text())
            program = Path(folder) / f"typescript_sdk_{generation}.mjs"
            seen: Seen = json.loads(
                _run(interpreter, str(program), url, key, environment=node.environment())
            )
        return seen

    return session


def mcp_remote(url: str, key: str) -> Seen:
    """mcp-remote, the bridge for clients that speak over standard input and output only."""
    proxy = str(node.MODULES / "mcp-remote" / "dist" / "proxy.js")
    options = ("--allow-http", "--transport", "http-only", "--header")
    command = (node.node(), proxy, url, *options, f"Authorization:Bearer {key}")
    return python_in(sys.executable, "fastmcp_client.py", "--", *command)


def inspector(url: str, key: str) -> Seen:
    """MCP Inspector's command line: a process, and so a connection, for each call."""
    launcher = node.MODULES / "@modelcontextprotocol/inspector/clients/launcher/build/index.js"
    command = (node.node(), str(launcher), "--cli", url, "--transport", "http")
    header = ("--header", f"Authorization: Bearer {key}")

    def ask(*arguments: str) -> Any:
        done = subprocess.run(
            [*command, *header, "--method", *arguments],
            env=node.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        # An error is told on the other stream.
        return json.loads(done.stdout or done.stderr)

    call = ("tools/call", "--tool-name", "search_knowledge", "--tool-arg")
    prompt = ("--prompt-name", "triage_incident", "--prompt-args", "symptoms=x", "severity=high")
    questions = (
        ("tools/list",),
        (*call, "query=Terraform"),
        ("resources/read", "--uri", "aoma://health"),
        ("prompts/get", *prompt),
        (*call, "query=Terraform", "max_results=99"),
        ("resources/read", "--uri", "aoma://docs/nothing"),
    )
    with ThreadPoolExecutor(2) as pool:
        tools, found, health, got, refused, unknown = pool.map(lambda asked: ask(*asked), questions)
    missing = "Resource not found" in unknown["error"]["message"]
    return {
        "protocol": None,
        "tools": [tool["name"] for tool in tools["tools"]],
        "found": found["content"][0]["text"],
        "resource": health["contents"][0]["text"],
        "prompt": got["messages"][0]["content"]["text"],
        "refused": refused["content"][0]["text"] if refused.get("isError") else None,
        # It does not tell the code.
        "unknown": -32602 if missing else None,
    }


# By name; `protocol` is what each is expected to agree on, None where it does not tell.
SESSIONS: dict[str, tuple[Session, str | None]] = {
    "python-sdk-2": (python_sdk("auto"), "2026-07-28"),
    "python-sdk-2-legacy": (python_sdk("legacy"), "2025-11-25"),
    "fastmcp": (fastmcp_client, "2026-07-28"),
    "python-sdk-1": (generation_before("python_sdk_1.py"), "2025-11-25"),
    "fastmcp-3": (generation_before("fastmcp_client.py"), None),
    "typescript-sdk-1": (typescript_sdk(1), "2025-11-25"),
    "typescript-sdk-2": (typescript_sdk(2), "2026-07-28"),
    "mcp-remote": (mcp_remote, None),
    "inspector": (inspector, None),
}
