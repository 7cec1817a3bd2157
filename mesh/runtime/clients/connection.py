"""What a client is told: the server's address, the way in, and what to paste where."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

# How callers prove who they are; `open` is a server that asks nobody.
type Way = Literal["api_key", "oauth", "iam", "open"]
WAYS: tuple[Way, ...] = get_args(Way.__value__)

KEY_VARIABLE = "MESH_API_KEY"
TOKEN_VARIABLE = "MESH_ACCESS_TOKEN"  # noqa: S105 - its name
# What may stand in a shell's command without quotes, and what `add` commands take as a name.
PLAIN_NAME = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Connection:
    """A server as a client sees it.

    Attributes:
        url: where it serves MCP over Streamable HTTP.
        way: how it wants callers to prove who they are.
        name: what it is called in clients' lists.
        key: the API key, to be written out; None for a reference to where it is kept.
        region: the AWS region that requests are signed for.
        tool: a tool of it, for examples that call one; None for examples that list the tools.
        arguments: what the tool is called with.
        client_id: of the public client that everybody's client may be, with OAuth; None for none.
        callback_port: of the redirect to the caller's machine that the issuer has for it.
    """

    url: str
    way: Way
    name: str = "my-server"
    key: str | None = None
    region: str = "us-east-1"
    tool: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    client_id: str | None = None
    callback_port: int | None = None

    @property
    def label(self) -> str:
        """The name in letters, digits, `_` and `-`: all that some clients take."""
        return PLAIN_NAME.sub("-", self.name).strip("-") or "mcp-server"

    @property
    def variable(self) -> str:
        """The environment variable that holds the caller's credential."""
        return KEY_VARIABLE if self.way == "api_key" else TOKEN_VARIABLE

    @property
    def is_local(self) -> bool:
        """Whether only this machine, or this network, can reach it."""
        host = urlsplit(self.url).hostname or ""
        try:
            return not ip_address(host).is_global
        except ValueError:
            return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))

    def headers(self, reference: str) -> dict[str, str]:
        """The HTTP headers of a caller with an API key; none in the other ways.

        Args:
            reference: what the client replaces by the key, such as `${env:MESH_API_KEY}`.
        """
        if self.way != "api_key":
            return {}
        return {"Authorization": f"Bearer {self.key or reference}"}

    def proxy(self) -> list[str]:
        """The command of AWS's proxy, which signs the requests of clients that cannot.

        https://github.com/aws/mcp-proxy-for-aws
        """
        return ["uvx", "mcp-proxy-for-aws@latest", self.url, "--service", "lambda"]

    def proxy_variables(self) -> dict[str, str]:
        """What the proxy needs in its environment: it cannot tell the region from the URL.

        Its option `--region` is not enough: since 1.7 it wants to know the region for other
        purposes too, and fails where neither AWS's configuration nor a variable says it.
        """
        return {"AWS_REGION": self.region}

    def proxy_entry(self) -> dict[str, Any]:
        """The proxy as the entry of a client's configuration file."""
        command, *arguments = self.proxy()
        return {"command": command, "args": arguments, "env": self.proxy_variables()}


@dataclass(frozen=True)
class Snippet:
    """Text to paste.

    Attributes:
        place: where it goes: a file, or a program.
        language: as Markdown calls it.
        text: the whole of it, without a line break at its end.
    """

    place: str
    language: str
    text: str


@dataclass(frozen=True)
class Link:
    """A link that installs the server in a client, or opens the page where that is done.

    It never holds a key: links end up in histories and logs.
    """

    label: str
    address: str


@dataclass(frozen=True)
class Setup:
    """How one client is connected in one way.

    Attributes:
        steps: sentences, with `code` and **names of buttons**, and snippets, in order.
        link: what does the same with a click; None where the client has no such thing.
        works: False when this client cannot come in this way; the steps say what works.
    """

    steps: tuple[str | Snippet, ...]
    link: Link | None = None
    works: bool = True


@dataclass(frozen=True)
class Entry:
    """What stands in a client's configuration file for one server.

    Attributes:
        under: the keys of the tables that it stands in, from the outermost.
        content: the entry itself; its key is the server's label.
        inputs: what the client asks the user for, in a list of that name beside the tables.
    """

    under: tuple[str, ...]
    content: Mapping[str, Any]
    inputs: tuple[Mapping[str, Any], ...] = ()

    def file(self, label: str) -> dict[str, Any]:
        """The file of somebody who has no other server."""
        file: dict[str, Any] = {label: dict(self.content)}
        for table in reversed(self.under):
            file = {table: file}
        return ({"inputs": list(self.inputs)} if self.inputs else {}) | file


@dataclass(frozen=True)
class Client:
    """A program that speaks MCP.

    Attributes:
        slug: its name in links, such as `claude-code`.
        title: its name.
        documentation: the page that says what stands here.
        checked: how it is known that the snippets work.
        setup: how it is connected.
        entry: what `mesh connect` writes into its configuration file; None where it has none.
        read: when the page was read last.
    """

    slug: str
    title: str
    documentation: str
    checked: str
    setup: Callable[[Connection], Setup]
    entry: Callable[[Connection], Entry] | None = None
    read: str = ""


def as_json(content: object) -> str:
    """JSON as people write it into files."""
    return json.dumps(content, indent=2, ensure_ascii=False)


def as_yaml(content: Mapping[str, Any], indent: str = "") -> str:
    """Tables and plain values as YAML; strings are quoted as JSON, which YAML takes."""
    lines = []
    for name, value in content.items():
        if isinstance(value, Mapping):
            lines.append(f"{indent}{name}:\n{as_yaml(value, indent + '  ')}")
        else:
            lines.append(f"{indent}{name}: {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines)


def as_toml(content: Mapping[str, Any], table: str) -> str:
    """One table of TOML, with tables inside it; strings are quoted as JSON, which TOML takes."""
    plain = {name: value for name, value in content.items() if not isinstance(value, Mapping)}
    inner = {name: value for name, value in content.items() if isinstance(value, Mapping)}
    lines = [f"[{table}]"]
    lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in plain.items()]
    return "\n".join(
        [
            "\n".join(lines),
            *(f"\n{as_toml(value, f'{table}.{name}')}" for name, value in inner.items()),
        ]
    )


def not_possible(who: str, what: str) -> Setup:
    """A client that cannot come in this way."""
    return Setup((f"**Not possible.** {who} {what}.",), works=False)


def shell(*words: str) -> str:
    """Words quoted for a POSIX shell, in one line."""
    return " ".join(shlex.quote(word) for word in words)


def authorization(connection: Connection) -> str:
    """The `Authorization` header as one word of a shell's command.

    In double quotes when the shell is to fill in the variable, in single quotes when the
    key itself is there.
    """
    if connection.key is not None and connection.way == "api_key":
        return shlex.quote(f"Authorization: Bearer {connection.key}")
    return f'"Authorization: Bearer ${connection.variable}"'
