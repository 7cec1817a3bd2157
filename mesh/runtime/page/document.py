"""The page as a whole, and the headers that it is sent with."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from importlib import resources

from fastmcp import FastMCP
from mcp_types import Tool

from mesh.runtime import about, clients
from mesh.runtime.clients import Client, Connection, Setup, Way
from mesh.runtime.config.build_info import BuildInfo
from mesh.runtime.config.settings import Settings
from mesh.runtime.page import sign_in
from mesh.runtime.page import tools as tool_list
from mesh.runtime.page.markup import content, paragraphs, paste, sentence

WAY_IN: dict[Way, str] = {
    "api_key": "Every call needs an API key, which whoever runs this server gives you. The "
    "snippets look for it in `MESH_API_KEY`. In a shell, `read -rs MESH_API_KEY` takes it unseen, "
    "then `export MESH_API_KEY`.",
    "oauth": "Every call needs an access token, which your client gets by signing you in.",
    "iam": "Every call must be signed with AWS Signature Version 4 for the service `lambda`, by an "
    "identity that may call `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction` on it. "
    "Most clients leave that to AWS's proxy.",
    "open": "**This server is open: anybody may call it.**",
}
INSTEAD = "Instead of the key, a client may get an access token by signing you in."
PROOFS: dict[Way, str] = {
    "api_key": "API key",
    "oauth": "OAuth",
    "iam": "AWS signature",
    "open": "nothing",
}
WAY_NAMES: dict[Way, str] = {
    "api_key": "With an API key",
    "oauth": "With OAuth",
    "iam": "With AWS IAM",
    "open": "Without a credential",
}
ICON = (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Cpath d='M6 24 11 8l5 11 "
    "5-11 5 16' fill='none' stroke='%230d7a6a' stroke-width='3' stroke-linejoin='round'/%3E"
    "%3C/svg%3E"
)
MARK = (
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><path d="M6 24 11 8l5 11 5-11 5 16"/>'
    '<circle cx="6" cy="24" r="2.6"/><circle cx="11" cy="8" r="2.6"/>'
    '<circle cx="16" cy="19" r="2.6"/><circle cx="21" cy="8" r="2.6"/>'
    '<circle cx="26" cy="24" r="2.6"/></svg>'
)


@dataclass(frozen=True, eq=False)
class Server:
    """What the page tells: all of it public, nothing that could be secret.

    Attributes:
        settings: what this deployment is.
        build: where the code comes from.
        tools: what it offers, as clients list it.
        beside: its prompts and kinds of resources, each with what it is for.
        title: what people call it.
        purpose: one line about what it is for; empty where it does not say.
    """

    settings: Settings
    build: BuildInfo
    tools: tuple[Tool, ...]
    beside: tuple[tuple[str, str], ...] = ()
    title: str = ""
    purpose: str = ""


async def describe(settings: Settings, build: BuildInfo, server: FastMCP) -> Server:
    """What this server's page tells, the same for everybody, whoever asks first."""
    # Without middleware, which shows callers only what they may use.
    tools = await server.list_tools(run_middleware=False)
    prompts = await server.list_prompts(run_middleware=False)
    templates = await server.list_resource_templates(run_middleware=False)
    beside = [(prompt.name, prompt.description or "") for prompt in prompts]
    beside += [(one.uri_template, one.description or "") for one in templates]
    return Server(
        settings,
        build,
        tuple(tool.to_mcp_tool() for tool in tools),
        tuple(beside),
        about.title(server.name, settings.name),
        about.purpose(server.instructions),
    )


def ways(settings: Settings, *, signed: bool = False) -> tuple[Way, ...]:
    """How callers of this address may prove who they are, the usual one first.

    Args:
        settings: what this deployment is.
        signed: whether AWS has checked a signature on the way here: the candidate's address
            asks for one, whatever the function itself takes.
    """
    if signed:
        return ("iam",)
    if settings.auth == "both":
        return ("api_key", "oauth")
    return ("open",) if settings.auth == "none" else (settings.auth,)


def _asset(name: str) -> str:
    """A file that stands beside this module."""
    return resources.files("mesh.runtime.page").joinpath(name).read_text(encoding="utf-8")


@cache
def _script() -> str:
    """The script, without what is for those who write it."""
    return re.sub(r"^\s*//.*\n|^\s+", "", _asset("script.js"), flags=re.MULTILINE)


@cache
def _style() -> str:
    """The style sheet, with the rule that shows the chosen client's panel."""
    chosen = ",".join(
        f"#connect:has(#pick-{client.slug}:checked) #{client.slug}" for client in clients.ALL
    )
    # Its comments and line breaks are for those who write it.
    short = re.sub(r"/\*.*?\*/|\n\s*", "", _asset("style.css"))
    return short.replace("#chosen", chosen)


def _digest(text: str) -> str:
    """How a policy names what may stand in the page: https://www.w3.org/TR/CSP3/#hash-source."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def headers() -> dict[str, str]:
    """The headers of the page: it loads nothing, and runs and shows only what it brought."""
    policy = {
        "default-src": "'none'",
        "style-src": f"'sha256-{_digest(_style())}'",
        "script-src": f"'sha256-{_digest(_script())}'",
        # The test of the connection.
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }


def _connection(server: Server, url: str, way: Way) -> Connection:
    """This server, with a call in the examples that it can answer."""
    tool, arguments = _example(server)
    oauth = server.settings.oauth
    return Connection(
        f"{url}mcp",
        way,
        name=server.settings.name,
        region=os.environ.get("AWS_REGION", "us-east-1"),
        tool=tool,
        arguments=arguments,
        client_id=oauth.public_client_id if oauth else None,
        callback_port=oauth.callback_port if oauth else None,
    )


def _example(server: Server) -> tuple[str | None, dict[str, object]]:
    """The call that the server's settings name, else a read-only tool without arguments."""
    match server.build.example:
        case {"tool": str(name), "arguments": dict(arguments)}:
            if any(tool.name == name for tool in server.tools):
                return name, arguments
    for tool in server.tools:
        reads = tool.annotations is not None and tool.annotations.read_only_hint
        if reads and not tool.input_schema.get("required"):
            return tool.name, {}
    return None, {}


def _steps(setup: Setup, element: str) -> str:
    """A setup's sentences and snippets, in order."""
    parts = []
    for number, step in enumerate(setup.steps):
        if isinstance(step, str):
            parts.append(f"<p>{sentence(step)}</p>")
        else:
            parts.append(paste(f"{element}-{number}", step.place, step.text))
    if setup.link is not None:
        address, label = escape(setup.link.address), content(setup.link.label)
        parts.insert(0, f'<p><a class="install" href="{address}">{label}</a></p>')
    return "".join(parts)


def _panel(client: Client, connections: Sequence[Connection]) -> str:
    """One client: how it is connected, in each of the server's ways."""
    setups = {connection.way: client.setup(connection) for connection in connections}
    # What cannot be is said only where nothing else can.
    works = {way: setup for way, setup in setups.items() if setup.works} or setups
    parts = []
    for way, setup in works.items():
        if len(connections) > 1:
            parts.append(f"<h4>{WAY_NAMES[way]}</h4>")
        parts.append(_steps(setup, f"{client.slug}-{way}"))
    return (
        f'<section class="panel" id="{client.slug}" aria-labelledby="{client.slug}-title">'
        f'<h3 id="{client.slug}-title">{content(client.title)}</h3>{"".join(parts)}'
        f'<p class="source"><a href="{escape(client.documentation)}">'
        f"{content(client.title)}: documentation</a></p></section>"
    )


def _choice(client: Client, *, checked: bool) -> str:
    return (
        f'<input type="radio" name="client" id="pick-{client.slug}"'
        f"{' checked' if checked else ''}>"
        f'<label for="pick-{client.slug}">{content(client.title)}</label>'
    )


def _facts(server: Server, url: str, taken: Sequence[Way]) -> str:
    build, settings = server.build, server.settings
    commit = build.commit[:12] if build.commit else "not built from a commit"
    facts = {
        "Version": build.version,
        "Commit": commit + (", with uncommitted changes" if build.dirty else ""),
        "Environment": settings.environment,
        "Function version": settings.function_version,
        "Callers prove themselves by": " or ".join(PROOFS[way] for way in taken),
    }
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{content(said)}</dd></div>" for name, said in facts.items()
    )
    health = f'<div><dt>Health</dt><dd><a href="health">{content(url)}health</a></dd></div>'
    return f'<dl class="facts">{rows}{health}</dl>'


def _beside(server: Server) -> str:
    """Prompts and resources, where there are any."""
    if not server.beside:
        return ""
    rows = "".join(
        f"<dt><code>{content(name)}</code></dt><dd>{paragraphs(means)}</dd>"
        for name, means in server.beside
    )
    return (
        '<section aria-labelledby="beside-title"><h2 id="beside-title">Prompts and resources</h2>'
        f'<dl class="parameters card">{rows}</dl></section>'
    )


@lru_cache(maxsize=8)
def render(server: Server, url: str, taken: tuple[Way, ...]) -> bytes:
    """The page, made once for each address.

    Args:
        server: what it tells.
        url: its address, with a slash at the end.
        taken: the ways in, of which there is one at least.
    """
    connections = [_connection(server, url, way) for way in taken]
    shown = [
        client
        for client in clients.ALL
        if client is not clients.by_slug("iam-proxy") or "iam" in taken
    ]
    choices = "".join(_choice(client, checked=number == 0) for number, client in enumerate(shown))
    panels = "".join(_panel(client, connections) for client in shown)
    said = [WAY_IN[taken[0]], *([INSTEAD] if len(taken) > 1 else [])]
    if "oauth" in taken and server.settings.oauth is not None:
        said.append(sign_in.explained(server.settings.oauth))
    credential = "".join(f"<p>{sentence(words)}</p>" for words in said)
    name = content(server.title or server.settings.name)
    purpose = f'<p class="purpose">{content(server.purpose)}</p>\n' if server.purpose else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} · MCP server</title>
<link rel="icon" href="data:image/svg+xml,{ICON}">
<style>{_style()}</style>
</head>
<body>
<header>
{MARK}<div><h1>{name}</h1>
<p class="running">Running version {content(server.build.version)}</p></div>
</header>
<main>
{purpose}<p class="lead">A <a href="https://modelcontextprotocol.io">Model Context Protocol</a>
server with <a href="#tools">{len(server.tools)} tools</a> for assistants. Connect yours to this
address:</p>
{paste("address", "MCP, Streamable HTTP", f"{url}mcp")}
{credential}
<section id="connect" aria-labelledby="connect-title">
<h2 id="connect-title">Connect</h2>
<fieldset><legend class="aside">Your client</legend>{choices}</fieldset>
<div class="panels">{panels}</div>
</section>
{sign_in.trial(taken)}
<section id="tools" aria-labelledby="tools-title">
<h2 id="tools-title">Tools</h2>
{tool_list.section(server.tools)}
</section>
{_beside(server)}
<section aria-labelledby="status-title">
<h2 id="status-title">What runs here</h2>
{_facts(server, url, taken)}
</section>
</main>
<p class="aside" id="said" role="status"></p>
<script>{_script()}</script>
</body>
</html>
""".encode()
