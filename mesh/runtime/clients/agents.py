"""Agents in a terminal or on a desktop: Codex, Gemini CLI, Goose, LM Studio."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from mesh.runtime.clients.assistants import PROXY_CREDENTIALS
from mesh.runtime.clients.connection import (
    KEY_VARIABLE,
    Client,
    Connection,
    Entry,
    Link,
    Setup,
    Snippet,
    as_json,
    as_toml,
    as_yaml,
    authorization,
    shell,
)

REFERENCE = f"${{{KEY_VARIABLE}}}"
READ = "2026-11-30"


def _after(connection: Connection, sign_in: str) -> tuple[str, ...]:
    """What is left to do when the entry is there."""
    if connection.way == "iam":
        return (PROXY_CREDENTIALS,)
    return (sign_in,) if connection.way == "oauth" else ()


def codex_entry(connection: Connection) -> Entry:
    """A table of `config.toml`; it takes no key, only the name of a variable."""
    if connection.way == "iam":
        content = connection.proxy_entry()
    else:
        content = {"url": connection.url}
        if connection.way == "api_key":
            content["bearer_token_env_var"] = KEY_VARIABLE
    return Entry(("mcp_servers",), content)


def codex(connection: Connection) -> Setup:
    """`codex mcp add`, and the same in `config.toml`."""
    label = connection.label
    if connection.way == "iam":
        region = f"AWS_REGION={connection.region}"
        add = shell("codex", "mcp", "add", label, "--env", region, "--", *connection.proxy())
    else:
        add = shell("codex", "mcp", "add", label, "--url", connection.url)
        if connection.way == "api_key":
            add += f" \\\n  --bearer-token-env-var {KEY_VARIABLE}"
            if connection.key:
                add = f"export {shell(f'{KEY_VARIABLE}={connection.key}')}\n{add}"
    file = as_toml(codex_entry(connection).content, f"mcp_servers.{label}")
    sign_in = (
        f"Then `codex mcp login {label}` signs you in. `--oauth-client-id` at `codex mcp add` "
        "names a client that the identity provider knows, where it lets none register itself."
    )
    return Setup(
        (
            Snippet("Terminal", "sh", add),
            "Codex reads the key from that variable each time."
            if connection.way == "api_key"
            else "`codex mcp list` shows it.",
            *_after(connection, sign_in),
            "Or write the entry yourself:",
            Snippet("~/.codex/config.toml, or .codex/config.toml in a project", "toml", file),
        )
    )


def gemini_entry(connection: Connection) -> Entry:
    """An entry of `settings.json`; `url` would be an event stream of the protocol before."""
    if connection.way == "iam":
        return Entry(("mcpServers",), connection.proxy_entry())
    headers = connection.headers(REFERENCE)
    content = {"httpUrl": connection.url} | ({"headers": headers} if headers else {})
    return Entry(("mcpServers",), content)


def gemini_cli(connection: Connection) -> Setup:
    """`gemini mcp add`, and the same in `settings.json`."""
    label = connection.label
    if connection.way == "iam":
        region = f"AWS_REGION={connection.region}"
        add = shell("gemini", "mcp", "add", "-e", region, label, *connection.proxy())
    else:
        add = shell("gemini", "mcp", "add", "--transport", "http", label, connection.url)
        if connection.way == "api_key":
            # The file keeps the reference, and Gemini CLI reads the variable at each start.
            header = (
                authorization(connection)
                if connection.key
                else f"'Authorization: Bearer {REFERENCE}'"
            )
            add += f" \\\n  --header {header}"
    return Setup(
        (
            Snippet("Terminal", "sh", add),
            (
                "Add `--scope user` to have it in every project. `gemini mcp list` says whether it "
                "is connected."
            ),
            *_after(connection, f"Then type `/mcp auth {label}` in a session to sign in."),
            "Or write the entry yourself:",
            Snippet(
                "~/.gemini/settings.json, or .gemini/settings.json in a project",
                "json",
                as_json(gemini_entry(connection).file(label)),
            ),
        )
    )


def goose_entry(connection: Connection) -> Entry:
    """An extension in `config.yaml`; `env_keys` names what may stand in its headers."""
    content: dict[str, Any] = {"name": connection.label, "enabled": True, "timeout": 300}
    if connection.way == "iam":
        command, *arguments = connection.proxy()
        content |= {"type": "stdio", "cmd": command, "args": arguments}
        content["envs"] = connection.proxy_variables()
        return Entry(("extensions",), content)
    content |= {"type": "streamable_http", "uri": connection.url}
    headers = connection.headers(REFERENCE)
    if headers:
        content["headers"] = headers
        if connection.key is None:
            content["env_keys"] = [KEY_VARIABLE]
    return Entry(("extensions",), content)


def goose(connection: Connection) -> Setup:
    """`config.yaml`, and a link of goose Desktop's, which takes no header."""
    query = {
        "url": connection.url,
        "type": "streamable_http",
        "id": connection.label,
        "name": connection.label,
        "description": f"The MCP server {connection.label}",
    }
    link = Link("Add to goose", f"goose://extension?{urlencode(query, quote_via=quote)}")
    linked = connection.way in ("oauth", "open")
    return Setup(
        (
            Snippet(
                "~/.config/goose/config.yaml",
                "yaml",
                as_yaml(goose_entry(connection).file(connection.label)),
            ),
            (
                "On Windows the file is `%APPDATA%\\Block\\goose\\config\\config.yaml`. Or run "
                "`goose configure`, **Add Extension**, **Remote Extension (Streamable HTTP)**."
            ),
            *_after(connection, "goose opens a browser to sign in when it first connects."),
        ),
        link if linked else None,
    )


def lm_studio(connection: Connection) -> Setup:
    """`mcp.json` in Cursor's form, and a link; nothing stands for the key but itself."""

    def entry(given: Connection) -> dict[str, Any]:
        if given.way == "iam":
            return given.proxy_entry()
        headers = given.headers("<your API key>")
        return {"url": given.url} | ({"headers": headers} if headers else {})

    linked = json.dumps(entry(replace(connection, key=None)), separators=(",", ":"))
    query = {"name": connection.label, "config": base64.b64encode(linked.encode()).decode()}
    written = as_json({"mcpServers": {connection.label: entry(connection)}})
    key = ("Write the key itself into the file; LM Studio replaces no variables.",)
    return Setup(
        (
            "**Program**, **Install**, **Edit mcp.json** opens the file:",
            Snippet("mcp.json", "json", written),
            *(key if connection.way == "api_key" and connection.key is None else ()),
            *_after(connection, "LM Studio's documentation does not say that it can sign you in."),
        ),
        Link("Add to LM Studio", f"lmstudio://add_mcp?{urlencode(query)}"),
    )


CODEX = Client(
    "codex",
    "Codex",
    "https://developers.openai.com/codex/mcp",
    checked="run by tests",
    setup=codex,
    entry=codex_entry,
    read=READ,
)
GEMINI_CLI = Client(
    "gemini-cli",
    "Gemini CLI",
    "https://geminicli.com/docs/tools/mcp-server/",
    checked="run by tests",
    setup=gemini_cli,
    entry=gemini_entry,
    read=READ,
)
GOOSE = Client(
    "goose",
    "Goose",
    "https://block.github.io/goose/docs/getting-started/using-extensions",
    checked="by its documentation",
    setup=goose,
    entry=goose_entry,
    read=READ,
)
LM_STUDIO = Client(
    "lm-studio",
    "LM Studio",
    "https://lmstudio.ai/docs/app/mcp/deeplink",
    checked="by its documentation",
    setup=lm_studio,
    read=READ,
)
