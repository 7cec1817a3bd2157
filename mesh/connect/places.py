"""Where each client keeps its configuration, as its documentation says."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mesh.failure import CommandFailedError
from mesh.runtime import clients

type Format = Literal["json", "toml", "yaml"]


@dataclass(frozen=True)
class Place:
    """A client's files.

    Attributes:
        format: what they are written in.
        user: the one for all projects, by `sys.platform`; `""` is every other platform. `{home}`,
            `{config}` and `{appdata}` stand for folders. Empty where there is none.
        project: the one in a project's folder; None where there is none.
        home: the variable that names another folder than the usual one, and the path in it.
        holds_key: whether the client replaces no variables, so that its file has to hold the key.
        then: what is left to do.
    """

    format: Format
    user: dict[str, str]
    project: str | None = None
    home: tuple[str, str] | None = None
    holds_key: bool = False
    then: str = ""


PLACES: dict[str, Place] = {
    "claude-code": Place(
        "json",
        {"": "{home}/.claude.json"},
        ".mcp.json",
        home=("CLAUDE_CONFIG_DIR", ".claude.json"),
        then="`claude mcp list` says whether it is connected.",
    ),
    "claude-desktop": Place(
        "json",
        {
            "darwin": "{home}/Library/Application Support/Claude/claude_desktop_config.json",
            "win32": "{appdata}/Claude/claude_desktop_config.json",
        },
        holds_key=True,
        then="Quit Claude Desktop wholly and start it again. It needs Node.js.",
    ),
    "cursor": Place(
        "json",
        {"": "{home}/.cursor/mcp.json"},
        ".cursor/mcp.json",
        then="Switch it on in Cursor's settings, under MCP.",
    ),
    "vs-code": Place(
        "json",
        {
            "darwin": "{home}/Library/Application Support/Code/User/mcp.json",
            "win32": "{appdata}/Code/User/mcp.json",
            "": "{config}/Code/User/mcp.json",
        },
        ".vscode/mcp.json",
        then="Start it with the command MCP: List Servers.",
    ),
    "windsurf": Place(
        "json",
        {"": "{home}/.codeium/windsurf/mcp_config.json"},
        then="Refresh the list of servers in Cascade's MCP settings.",
    ),
    "codex": Place(
        "toml",
        {"": "{home}/.codex/config.toml"},
        ".codex/config.toml",
        home=("CODEX_HOME", "config.toml"),
        then="`codex mcp list` shows it.",
    ),
    "gemini-cli": Place(
        "json",
        {"": "{home}/.gemini/settings.json"},
        ".gemini/settings.json",
        then="`gemini mcp list` says whether it is connected.",
    ),
    "goose": Place(
        "yaml",
        {
            "win32": "{appdata}/Block/goose/config/config.yaml",
            "darwin": "{home}/.config/goose/config.yaml",
            "": "{config}/goose/config.yaml",
        },
        then="A new session has it.",
    ),
    "librechat": Place("yaml", {}, "librechat.yaml", then="Restart LibreChat."),
}


def client(slug: str) -> clients.Client:
    """The client of this name.

    Raises:
        CommandFailedError: there is none, or it has no file.
    """
    found = next((one for one in clients.ALL if one.slug == slug), None)
    if found is None:
        raise CommandFailedError(
            f"{slug!r} is no client that this command knows; it knows {', '.join(PLACES)}."
        )
    if slug not in PLACES:
        raise CommandFailedError(
            f"{found.title} has no configuration file that a command could write. The server's "
            f"page says what to do: open its address with #{slug} in a browser."
        )
    return found


def path_of(slug: str, project: Path | None) -> Path:
    """The file that a client reads on this machine.

    Args:
        slug: the client's short name.
        project: the folder of the project that alone gets the server; None for all projects.

    Raises:
        CommandFailedError: the client has no such file here.
    """
    place = PLACES[slug]
    title = client(slug).title
    if project is not None:
        if place.project is None:
            raise CommandFailedError(
                f"{title} has one file for all projects; leave out --project, or name a file with "
                "--file."
            )
        return project / place.project
    if place.home is not None and (folder := os.environ.get(place.home[0])):
        return Path(folder) / place.home[1]
    template = place.user.get(sys.platform) or place.user.get("")
    if template is None:
        known = (
            "a project's file only: add --project" if place.project else "no file on this system"
        )
        raise CommandFailedError(f"{title}'s documentation names {known}, or --file PATH.")
    home = Path.home()
    return Path(
        template.format(
            home=home,
            config=os.environ.get("XDG_CONFIG_HOME") or home / ".config",
            appdata=os.environ.get("APPDATA") or home / "AppData" / "Roaming",
        )
    )
