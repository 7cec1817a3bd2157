"""`mesh server-json` on the command line."""

from __future__ import annotations

import json

import click


@click.command("server-json", short_help="Print server.json for the MCP registry.")
@click.argument("url")
@click.option(
    "--name", metavar="NAME", help="The name to publish under, such as io.github.you/weather."
)
def command(*, url: str, name: str | None) -> None:
    """Print the server.json with which the server at URL is published.

    It says what the server's card says: title, purpose, version, address, and that
    a key is needed. The registry takes it from `mcp-publisher publish`, and takes a name
    only from who proves to own its GitHub account or domain; so a Function URL's
    server needs --name.
    """
    from mesh.connect.registry import server_json

    click.echo(json.dumps(server_json(url, name), indent=2, ensure_ascii=False))
