"""docs/THIRD-PARTY-MCP-SETUP.md, from the same source as the server's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesh.build.environment import ROOT
from mesh.runtime import clients
from mesh.runtime.clients import Connection, Setup, Snippet, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesh.runtime.clients import Client

FILE = ROOT / "docs" / "THIRD-PARTY-MCP-SETUP.md"
# Of no server: the first part of a real one has 32 letters and digits.
ADDRESS = "https://your-function-url.lambda-url.us-east-1.on.aws/mcp"
WAYS: dict[Way, str] = {"api_key": "API key", "oauth": "OAuth", "iam": "AWS IAM"}
# Local programs that do for a client what it cannot.
HELPERS = {"mcp-proxy-for-aws": "with the proxy", "mcp-remote": "with mcp-remote"}

BEGINNING = f"""\
# Connect a client

<!-- Written by `make docs` from mesh/runtime/clients, as are the server's page and what `make up`
     prints. Edit there; a test compares. -->

You need the server's address and a credential. Open the address without `/mcp` in a browser: every
server shows these snippets there with its own address, for the way in that it takes, with buttons
that copy them. Here the address is

```text
{ADDRESS}
```

Which way in a server takes, its page says, and `/health` under `auth`:

- **API key**: whoever runs the server makes you one, with `mesh keys create your-name`. The
  snippets look for it in `MESH_API_KEY`: `read -rs MESH_API_KEY`, paste it, `export MESH_API_KEY`.
  A new key works at once, and a revoked one stops within a minute.
- **OAuth**: the client signs you in at the server's identity provider, which has to know the client
  or to let it register itself.
- **AWS IAM**: requests are signed with AWS credentials that may call `lambda:InvokeFunctionUrl` and
  `lambda:InvokeFunction` on the server. Clients cannot do that; AWS's proxy does it for them. Such
  a server's page is for signed requests too, so no browser opens it: go by this guide, with the
  server's own region.

Commands are for a POSIX shell; on Windows, WSL or Git Bash.

Instead of pasting, let [`mesh`](reference/commands.md) do it:

- `mesh connect CLIENT ADDRESS` writes the configuration file of Claude Code, Claude Desktop,
  Cursor, VS Code, Windsurf, Codex, Gemini CLI, Goose or LibreChat. It keeps all else in the file,
  and keeps the key out of it where the client allows that.
- `mesh bundle plugin ADDRESS` makes a plugin that installs the server in Claude Code.
- `mesh bundle mcpb ADDRESS` makes a bundle that Claude Desktop opens.
- `mesh server-json ADDRESS` prints what the MCP registry publishes.

A server that asks for nothing (`allow_unauthenticated`, for experiments) takes the snippets without
their header; its page shows them so.

"""

END = """\
## When it does not connect

Ask with curl first; it shows what clients hide.

| Answer | Meaning |
|---|---|
| 200 | the server works and the credential is good: look at the client's own log |
| 401, a key is needed | the client sent none: many need a restart after a change, and editors \
started from a desktop do not see what a shell exported |
| 401, it is not valid | mistyped, expired or revoked |
| 403 `{"Message":"Forbidden"}` | from AWS: the request is not signed, or the identity lacks one \
of the two permissions |
| 403 and an `Origin` | a page in a browser called; its origin has to be in `allowed_origins` |
| 429 | too many at once or in a minute: wait as long as `Retry-After` says |
"""


def _support(client: Client, way: Way) -> str:
    """One cell of the table: whether a client can come in this way."""
    setup = client.setup(Connection(ADDRESS, way))
    if not setup.works:
        return "no"
    pasted = "".join(step.text for step in setup.steps if isinstance(step, Snippet))
    used = (words for program, words in HELPERS.items() if program in pasted)
    return next(used, "yes")


def _table() -> Iterator[str]:
    yield f"| Client | {' | '.join(WAYS.values())} | API key and IAM were checked |"
    yield f"|---|{'---|' * len(WAYS)}---|"
    for client in clients.ALL:
        if client.slug == "iam-proxy":
            continue
        cells = " | ".join(_support(client, way) for way in WAYS)
        yield f"| [{client.title}](#{anchor(client.title)}) | {cells} | {client.checked} |"


def anchor(title: str) -> str:
    """A heading's name in links, as GitHub makes it."""
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -_")
    return kept.replace(" ", "-")


def _steps(setup: Setup) -> Iterator[str]:
    for step in setup.steps:
        if isinstance(step, str):
            yield f"{step}\n"
        else:
            yield f"**{step.place}**\n\n```{step.language}\n{step.text}\n```\n"
    if setup.link is not None:
        yield f"The server's page has a link, **{setup.link.label}**, for this.\n"


def _section(client: Client) -> Iterator[str]:
    yield f"## {client.title}\n"
    read = f", read on {client.read}" if client.read else ""
    yield f"[Documentation]({client.documentation}){read}.\n"
    shown = {way: client.setup(Connection(ADDRESS, way)) for way in WAYS}
    if client.slug == "iam-proxy":
        del shown["api_key"], shown["oauth"]
    for way, setup in shown.items():
        yield f"### {client.title}: {WAYS[way]}\n"
        yield from _steps(setup)


def text() -> str:
    """Give the whole guide."""
    sections = "\n".join(line for client in clients.ALL for line in _section(client))
    return BEGINNING + "\n".join(_table()) + f"\n\n{sections}\n{END}"
