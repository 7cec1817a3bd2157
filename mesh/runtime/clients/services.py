"""Services that call from their own machines: two APIs, n8n, LibreChat, Copilot Studio."""

from __future__ import annotations

import json
from typing import Any

from mesh.runtime.clients.assistants import PROXY_CREDENTIALS, from_the_cloud
from mesh.runtime.clients.connection import (
    KEY_VARIABLE,
    Client,
    Connection,
    Entry,
    Setup,
    Snippet,
    as_yaml,
    not_possible,
)

READ = "2026-11-30"
CANNOT_SIGN = "cannot sign requests for AWS"
SIGNS_NOBODY_IN = (
    "It signs nobody in: your program gets the access token from the identity provider."
)


def _credential(connection: Connection) -> str:
    """The credential in Python; empty where none is needed."""
    if connection.way == "open":
        return ""
    if connection.key is not None:
        return json.dumps(connection.key)
    return f'os.environ["{connection.variable}"]'


def _api(connection: Connection, program: str, whose: str, package: str) -> Setup:
    sign_in = (SIGNS_NOBODY_IN,) if connection.way == "oauth" else ()
    return Setup(
        (
            Snippet(f"Python: pip install {package}", "python", program),
            *sign_in,
            from_the_cloud(connection, whose),
        )
    )


def openai_api(connection: Connection) -> Setup:
    """The Responses API's tool `mcp`."""
    if connection.way == "iam":
        return not_possible("OpenAI's API", CANNOT_SIGN)
    credential = _credential(connection)
    line = f'\n            "authorization": {credential},' if credential else ""
    program = f"""\
import os
from openai import OpenAI

answer = OpenAI().responses.create(
    model=os.environ["OPENAI_MODEL"],
    input="Which tools do you have?",
    tools=[
        {{
            "type": "mcp",
            "server_label": {json.dumps(connection.label)},
            "server_url": {json.dumps(connection.url)},{line}
            "require_approval": "never",
        }}
    ],
)
print(answer.output_text)"""
    return _api(connection, program, "OpenAI's", "openai")


def anthropic_api(connection: Connection) -> Setup:
    """The Messages API's `mcp_servers`, with the tool set that names the server."""
    if connection.way == "iam":
        return not_possible("Anthropic's API", CANNOT_SIGN)
    credential = _credential(connection)
    line = f'\n            "authorization_token": {credential},' if credential else ""
    label = json.dumps(connection.label)
    program = f"""\
import os
from anthropic import Anthropic

answer = Anthropic().beta.messages.create(
    model=os.environ["ANTHROPIC_MODEL"],
    max_tokens=1000,
    messages=[{{"role": "user", "content": "Which tools do you have?"}}],
    mcp_servers=[
        {{
            "type": "url",
            "name": {label},
            "url": {json.dumps(connection.url)},{line}
        }}
    ],
    tools=[{{"type": "mcp_toolset", "mcp_server_name": {label}}}],
    betas=["mcp-client-2025-11-20"],
)
print("".join(block.text for block in answer.content if block.type == "text"))"""
    return _api(connection, program, "Anthropic's", "anthropic")


def n8n(connection: Connection) -> Setup:
    """The fields of the node MCP Client Tool."""
    if connection.way == "iam":
        return not_possible("n8n's nodes", CANNOT_SIGN)
    choice = {
        "api_key": (
            "**Authentication**: **Bearer Auth**, with a new credential whose **Bearer Token** is "
            "the API key. n8n keeps it encrypted."
        ),
        "oauth": "**Authentication**: **MCP OAuth2**, with a new credential that signs you in.",
        "open": "**Authentication**: **None**.",
    }[connection.way]
    return Setup(
        (
            (
                "Give an AI Agent the tool **MCP Client Tool**, or a workflow the node "
                "**MCP Client**. **Server Transport**: **HTTP Streamable**, and as the endpoint:"
            ),
            Snippet("Endpoint", "text", connection.url),
            choice,
        )
    )


def librechat_entry(connection: Connection) -> Entry:
    """A server in `librechat.yaml`, which replaces variables of LibreChat's environment."""
    if connection.way == "iam":
        command, *arguments = connection.proxy()
        content: dict[str, Any] = {"type": "stdio", "command": command, "args": arguments}
        content["env"] = connection.proxy_variables()
        return Entry(("mcpServers",), content)
    content = {"type": "streamable-http", "url": connection.url}
    headers = connection.headers(f"${{{KEY_VARIABLE}}}")
    if headers:
        content["headers"] = headers
    elif connection.way == "oauth":
        content["requiresOAuth"] = True
    return Entry(("mcpServers",), content)


def librechat(connection: Connection) -> Setup:
    """`librechat.yaml`, then a restart."""
    after = {
        "api_key": (f"LibreChat reads `{KEY_VARIABLE}` from its own environment, such as `.env`.",),
        "iam": (PROXY_CREDENTIALS,),
        "oauth": ("Users sign in where they choose the server in a chat.",),
        "open": (),
    }[connection.way]
    local = (
        ("`mcpSettings.allowedDomains` has to name an address in a private network.",)
        if connection.is_local
        else ()
    )
    return Setup(
        (
            Snippet(
                "librechat.yaml",
                "yaml",
                as_yaml(librechat_entry(connection).file(connection.label)),
            ),
            *after,
            *local,
            "Then restart LibreChat.",
        )
    )


def copilot_studio(connection: Connection) -> Setup:
    """The wizard's fields."""
    if connection.way == "iam":
        return not_possible("Copilot Studio", CANNOT_SIGN)
    choice = {
        "api_key": (
            "As authentication choose **API key**, type **Header**, header name `x-api-key`. "
            "Copilot Studio asks for the key when you make the connection."
        ),
        "oauth": (
            "As authentication choose **OAuth 2.0**, **Dynamic discovery**; or **Manual**, with a "
            "client that the identity provider knows, where it lets none register itself."
        ),
        "open": "As authentication choose **None**.",
    }[connection.way]
    return Setup(
        (
            (
                "On the agent's page **Tools**: **Add a tool**, **New tool**, **Model Context "
                "Protocol**. A name, a description, which tells the agent when to use it, and as "
                "the server URL:"
            ),
            Snippet("Server URL", "text", connection.url),
            choice,
            from_the_cloud(connection, "Microsoft's"),
        )
    )


OPENAI_API = Client(
    "openai-api",
    "OpenAI API",
    "https://platform.openai.com/docs/guides/tools-connectors-mcp",
    checked="by its documentation and its SDK's types",
    setup=openai_api,
    read=READ,
)
ANTHROPIC_API = Client(
    "anthropic-api",
    "Anthropic API",
    "https://platform.claude.com/docs/en/agents-and-tools/mcp-connector",
    checked="by its documentation",
    setup=anthropic_api,
    read=READ,
)
N8N = Client(
    "n8n",
    "n8n",
    "https://docs.n8n.io/integrations/builtin/cluster-nodes/sub-nodes/n8n-nodes-langchain.toolmcp/",
    checked="by its documentation",
    setup=n8n,
    read=READ,
)
LIBRECHAT = Client(
    "librechat",
    "LibreChat",
    "https://www.librechat.ai/docs/configuration/librechat_yaml/object_structure/mcp_servers",
    checked="by its documentation",
    setup=librechat,
    entry=librechat_entry,
    read=READ,
)
COPILOT_STUDIO = Client(
    "copilot-studio",
    "Copilot Studio",
    "https://learn.microsoft.com/microsoft-copilot-studio/mcp-add-existing-server-to-agent",
    checked="by its documentation",
    setup=copilot_studio,
    read=READ,
)
