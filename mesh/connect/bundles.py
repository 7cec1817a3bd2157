"""A plugin for Claude Code and an MCP bundle for Claude Desktop, for one server's address.

Neither holds a key: the client asks for it once and keeps it with its secrets.
https://code.claude.com/docs/en/plugins-reference
https://github.com/modelcontextprotocol/mcpb/blob/main/MANIFEST.md
"""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from mesh.connect.registry import server_card
from mesh.connect.target import target
from mesh.failure import CommandFailedError
from mesh.runtime.clients import Connection, Way
from mesh.runtime.clients.connection import as_json

KEY = "api_key"
ASKED = f"${{user_config.{KEY}}}"
# A bundle's bytes depend on nothing but what is in it.
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Described:
    """A server as a bundle presents it.

    Attributes:
        connection: its address, its way in, its name.
        title: what people call it.
        purpose: one line about what it is for.
        version: of the server.
    """

    connection: Connection
    title: str
    purpose: str
    version: str

    @property
    def name(self) -> str:
        """In lower case, as plugins and bundles are named."""
        return self.connection.label.lower().replace("_", "-")

    @property
    def questions(self) -> dict[str, Any]:
        """What the client asks its user for."""
        if self.connection.way != "api_key":
            return {}
        asked = {
            "type": "string",
            "title": "API key",
            "description": f"Your API key of {self.title}; whoever runs the server gives it to you",
            "sensitive": True,
            "required": True,
        }
        return {KEY: asked}


def described(url: str, way: Way | None, name: str | None, region: str | None) -> Described:
    """The server at this address; of one that is not Mesh's, no more than the arguments say.

    Raises:
        CommandFailedError: the way in is not known.
    """
    connection = target(url, way, name, region)
    card: dict[str, Any] = {}
    with suppress(CommandFailedError):
        card = server_card(url)
    title = card.get("title") or connection.name
    return Described(
        connection,
        title,
        card.get("description") or f"The MCP server {title}",
        card.get("version") or "1.0.0",
    )


def plugin(server: Described) -> dict[str, str]:
    """The files of a Claude Code plugin, which is a marketplace of one plugin as well."""
    connection = server.connection
    if connection.way == "iam":
        entry: dict[str, Any] = connection.proxy_entry()
    else:
        # Whatever key is known here stays here.
        headers = replace(connection, key=None).headers(ASKED)
        entry = {"type": "http", "url": connection.url}
        entry |= {"headers": headers} if headers else {}
    manifest = {
        "name": server.name,
        "version": server.version,
        "description": server.purpose,
        "author": {"name": server.title},
        "mcpServers": {connection.label: entry},
    }
    if server.questions:
        manifest["userConfig"] = server.questions
    marketplace = {
        "name": server.name,
        "description": server.purpose,
        "owner": {"name": server.title},
        "plugins": [{"name": server.name, "source": "./", "description": server.purpose}],
    }
    return {
        ".claude-plugin/plugin.json": f"{as_json(manifest)}\n",
        ".claude-plugin/marketplace.json": f"{as_json(marketplace)}\n",
        "README.md": _readme(server),
    }


def _readme(server: Described) -> str:
    asks = {
        "api_key": "Claude Code asks for your API key once and keeps it with its secrets.",
        "oauth": "Type `/mcp` in a session, choose the server and sign in.",
        "iam": "Requests are signed with your AWS credentials by AWS's proxy, which needs `uvx`.",
        "open": "The server asks for no credential.",
    }[server.connection.way]
    return f"""\
# {server.title}

{server.purpose}

This plugin connects Claude Code to the MCP server at {server.connection.url}. {asks}

    claude plugin marketplace add THIS_FOLDER
    claude plugin install {server.name}@{server.name}

THIS_FOLDER is this folder's path, or the address of a git repository that holds it. The plugin
contains no program of its own and no credential; every call goes to the address above.
"""


def bundle(server: Described) -> dict[str, str]:
    """The files of an MCP bundle: a manifest, and the bridge that Claude Desktop starts.

    Raises:
        CommandFailedError: a bundle cannot come in this way.
    """
    connection = server.connection
    if connection.way in ("oauth", "iam"):
        instead = (
            "add the server in Claude Desktop as a custom connector, which does"
            if connection.way == "oauth"
            else "`mesh connect claude-desktop` sets up AWS's proxy"
        )
        what = "sign people in" if connection.way == "oauth" else "sign requests for AWS"
        raise CommandFailedError(f"a bundle cannot {what}; {instead}.")
    variables = {"MCP_URL": connection.url}
    if server.questions:
        variables["MCP_API_KEY"] = ASKED
    manifest: dict[str, Any] = {
        "manifest_version": "0.3",
        "name": server.name,
        "display_name": server.title,
        "version": server.version,
        "description": server.purpose,
        "author": {"name": server.title},
        "server": {
            "type": "node",
            "entry_point": "server/index.mjs",
            "mcp_config": {
                "command": "node",
                "args": ["${__dirname}/server/index.mjs"],
                "env": variables,
            },
        },
        "tools_generated": True,
        "compatibility": {"runtimes": {"node": ">=18"}},
    }
    if server.questions:
        manifest["user_config"] = server.questions
    bridge = resources.files("mesh.connect").joinpath("bridge.mjs").read_text(encoding="utf-8")
    return {"manifest.json": f"{json.dumps(manifest, indent=2)}\n", "server/index.mjs": bridge}


def write_folder(files: dict[str, str], folder: Path) -> None:
    """Write files into a new folder.

    Raises:
        CommandFailedError: it is there already and has something in it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CommandFailedError(f"{folder} is there and not empty; name another with --output.")
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def write_zip(files: dict[str, str], file: Path) -> None:
    """Write files into a zip."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
