"""Assistants: Claude Code, Claude Desktop, Claude.ai, ChatGPT."""

from __future__ import annotations

from typing import Any

from mesh.runtime.clients.connection import (
    KEY_VARIABLE,
    Client,
    Connection,
    Entry,
    Link,
    Setup,
    Snippet,
    as_json,
    authorization,
    shell,
)

PROXY_CREDENTIALS = (
    "The proxy, started by [uv](https://docs.astral.sh/uv/)'s `uvx`, signs with your AWS "
    "credentials: those of `~/.aws`, or of the environment as far as the client passes it on. "
    "`AWS_PROFILE` beside `AWS_REGION` chooses a profile."
)


def from_the_cloud(connection: Connection, whose: str) -> str:
    """Where a connector's requests come from, and whether they can arrive."""
    reached = (
        f"It connects from {whose} servers, so the address must be reachable from the internet"
    )
    return f"{reached}: **this one is not**." if connection.is_local else f"{reached}."


def claude_code_entry(connection: Connection) -> Entry:
    """A server in `.mcp.json`, or in the file of everything that Claude Code keeps."""
    if connection.way == "iam":
        return Entry(("mcpServers",), {"type": "stdio", **connection.proxy_entry()})
    headers = connection.headers(f"${{{KEY_VARIABLE}}}")
    content = {"type": "http", "url": connection.url} | ({"headers": headers} if headers else {})
    return Entry(("mcpServers",), content)


def claude_code(connection: Connection) -> Setup:
    """`claude mcp add`, and `.mcp.json` for a project."""
    label, url = connection.label, connection.url
    if connection.way == "iam":
        region = f"AWS_REGION={connection.region}"
        command = shell("claude", "mcp", "add", label, "-e", region, "--", *connection.proxy())
        return Setup((Snippet("Terminal", "sh", command), PROXY_CREDENTIALS))
    add = shell("claude", "mcp", "add", "--transport", "http", label, url)
    if connection.way == "api_key":
        add += f" \\\n  --header {authorization(connection)}"
        return Setup(
            (
                Snippet("Terminal", "sh", add),
                (
                    "Add `--scope user` to have it in every project. `claude mcp list` says "
                    "whether it is connected. To share it with all who work on a project, "
                    "without the key:"
                ),
                Snippet(
                    ".mcp.json in the project's folder",
                    "json",
                    as_json(claude_code_entry(connection).file(label)),
                ),
            )
        )
    sign_in = "Then type `/mcp` in a session, choose the server and **Authenticate**."
    if connection.way == "oauth" and connection.client_id:
        add += f" \\\n  {shell('--client-id', connection.client_id)}"
        if connection.callback_port:
            add += f" --callback-port {connection.callback_port}"
    else:
        sign_in += (
            " Where the identity provider does not let clients register themselves, add "
            "`--client-id` and `--callback-port` of one that it knows."
        )
    return Setup(
        (Snippet("Terminal", "sh", add), *([sign_in] if connection.way == "oauth" else []))
    )


CONFIGURATION = "claude_desktop_config.json"
WHERE = (
    "**Settings**, **Developer**, **Edit Config** shows the file; it lies in "
    "`~/Library/Application Support/Claude` on macOS, in `%APPDATA%\\Claude` on Windows."
)
RESTART = "Then quit Claude Desktop wholly and start it again."


def claude_desktop_entry(connection: Connection) -> Entry:
    """A local program that Claude Desktop starts and talks to: its file takes nothing else."""
    if connection.way == "iam":
        return Entry(("mcpServers",), connection.proxy_entry())
    content: dict[str, Any] = {"command": "npx", "args": ["-y", "mcp-remote", connection.url]}
    if connection.way == "api_key":
        # Through a variable: Claude Desktop on Windows breaks arguments at spaces.
        # https://www.npmjs.com/package/mcp-remote
        content["args"] += ["--header", "Authorization:${MESH_BEARER}"]
        content["env"] = {"MESH_BEARER": f"Bearer {connection.key or '<your API key>'}"}
    return Entry(("mcpServers",), content)


def claude_desktop(connection: Connection) -> Setup:
    """A connector, or a local program that Claude Desktop starts and talks to."""
    written = as_json(claude_desktop_entry(connection).file(connection.label))
    file = Snippet(CONFIGURATION, "json", written)
    if connection.way == "iam":
        return Setup((file, WHERE, PROXY_CREDENTIALS, RESTART))
    if connection.way == "api_key":
        return Setup(
            (
                (
                    "Claude Desktop's connectors cannot send an API key. `mcp-remote`, a program "
                    "that it starts on your machine, can; it needs Node.js."
                ),
                file,
                WHERE,
                RESTART,
            )
        )
    return connector(connection, "**Settings**, **Connectors**, **Add custom connector**")


def connector(connection: Connection, where: str) -> Setup:
    """A connector of Claude's, by OAuth or open."""
    sign_in = ""
    if connection.way == "oauth":
        known = (
            f"**Advanced settings** takes the ID of this server's client: `{connection.client_id}`."
            if connection.client_id
            else "Where the identity provider does not let clients register themselves, "
            "**Advanced settings** takes the ID and secret of one that it knows."
        )
        sign_in = f" Then choose **Connect** and sign in. {known}"
    return Setup(
        (
            f"{where}: a name, and as the remote MCP server's URL:",
            Snippet("Remote MCP server URL", "text", connection.url),
            f"On Team and Enterprise plans an owner adds it to the organisation first.{sign_in}",
            from_the_cloud(connection, "Anthropic's"),
        )
    )


def claude_ai(connection: Connection) -> Setup:
    """A connector: by OAuth, or open; nothing else."""
    if connection.way in ("api_key", "iam"):
        what = "send an API key" if connection.way == "api_key" else "sign requests for AWS"
        return Setup(
            (
                (
                    "**Not possible.** Claude.ai's connectors sign in with OAuth or not at all; "
                    f"they cannot {what}. Claude Code and Claude Desktop can."
                ),
            ),
            works=False,
        )
    setup = connector(connection, "**Customize**, **Connectors**, **+**, **Add custom connector**")
    link = Link("Open Claude's connectors", "https://claude.ai/customize/connectors")
    return Setup(setup.steps, link)


def chatgpt(connection: Connection) -> Setup:
    """A plugin: by OAuth, or open; nothing else."""
    if connection.way == "iam":
        return Setup(
            (
                (
                    "**Not possible.** ChatGPT signs in with OAuth or not at all; it cannot sign "
                    "requests for AWS."
                ),
            ),
            works=False,
        )
    if connection.way == "api_key":
        return Setup(
            (
                (
                    "**Not possible.** ChatGPT signs in with OAuth or not at all and cannot send "
                    "an API key. OpenAI's API can: see **OpenAI API**."
                ),
            ),
            works=False,
        )
    choice = "OAuth" if connection.way == "oauth" else "No authentication"
    sign_in = " and sign in" if connection.way == "oauth" else ""
    return Setup(
        (
            "**Plugins**, **+**, **Add custom MCP server**: a name, and as the server URL:",
            Snippet("Server URL", "text", connection.url),
            (
                f"As authentication choose **{choice}**, then **Create as a plugin**{sign_in}. "
                "A workspace's administrator may have to allow it."
            ),
            from_the_cloud(connection, "OpenAI's"),
        ),
        Link("Open ChatGPT's plugins", "https://chatgpt.com/plugins"),
    )


CLAUDE_CODE = Client(
    "claude-code",
    "Claude Code",
    "https://code.claude.com/docs/en/mcp",
    checked="run by tests",
    setup=claude_code,
    entry=claude_code_entry,
)
CLAUDE_DESKTOP = Client(
    "claude-desktop",
    "Claude Desktop",
    "https://support.claude.com/en/articles/11503834-building-custom-connectors-via-remote-mcp-servers",
    checked="mcp-remote run by tests, the rest by its documentation",
    setup=claude_desktop,
    entry=claude_desktop_entry,
)
CLAUDE_AI = Client(
    "claude-ai",
    "Claude.ai",
    "https://support.claude.com/en/articles/11175166-getting-started-with-custom-connectors-using-remote-mcp",
    checked="by its documentation",
    setup=claude_ai,
)
CHATGPT = Client(
    "chatgpt",
    "ChatGPT",
    "https://developers.openai.com/api/docs/guides/custom-mcp-server",
    checked="by its documentation",
    setup=chatgpt,
)
