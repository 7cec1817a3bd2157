"""For developers: MCP Inspector, the SDKs, FastMCP's client, curl, AWS's proxy."""

from __future__ import annotations

import json
import shlex
from urllib.parse import urljoin

from mesh.runtime.clients.assistants import PROXY_CREDENTIALS
from mesh.runtime.clients.connection import (
    Client,
    Connection,
    Setup,
    Snippet,
    as_json,
    authorization,
    shell,
)

INSPECTOR_COMMAND = "npx -y @modelcontextprotocol/inspector"
FROM_PROVIDER = (
    "`MESH_ACCESS_TOKEN` holds an access token that your identity provider issued for this server."
)


def _token(connection: Connection) -> tuple[str, ...]:
    return (FROM_PROVIDER,) if connection.way == "oauth" else ()


def inspector(connection: Connection) -> Setup:
    """The command line of version 2, which needs Node.js 22, and the page."""
    if connection.way == "iam":
        # It passes little of its environment on. Behind `--` is the command of a local server.
        region = shlex.quote(f"AWS_REGION={connection.region}")
        command = (
            f"{INSPECTOR_COMMAND} --cli -e {region} --method tools/list \\\n"
            f"  -- {shell(*connection.proxy())}"
        )
        return Setup((Snippet("Terminal, with Node.js 22", "sh", command), PROXY_CREDENTIALS))
    lines = [f"{INSPECTOR_COMMAND} --cli {shlex.quote(connection.url)} --transport http"]
    if connection.way != "open":
        lines.append(f"--header {authorization(connection)}")
    lines.append("--method tools/list")
    ends = {
        "api_key": "the address and the header.",
        "oauth": "the address; **Connect** signs you in and shows every step of OAuth.",
        "open": "the address.",
    }
    return Setup(
        (
            Snippet("Terminal, with Node.js 22", "sh", " \\\n  ".join(lines)),
            *_token(connection),
            f"Or `{INSPECTOR_COMMAND}` alone, which opens a page: **Streamable HTTP**, "
            + ends[connection.way],
        )
    )


def _call(connection: Connection) -> str:
    """What `client` is asked, in Python; JSON of strings and numbers is Python too."""
    if connection.tool is None:
        return "list_tools()"
    arguments = json.dumps(dict(connection.arguments))
    return f"call_tool({json.dumps(connection.tool)}, {arguments})"


def _credential(connection: Connection) -> str:
    """The caller's key or token, as a Python expression."""
    if connection.key is not None and connection.way == "api_key":
        return json.dumps(connection.key)
    return f'os.environ["{connection.variable}"]'


def _environment(connection: Connection) -> str:
    """The proxy's environment, as a Python argument: SDKs pass on little by themselves."""
    return f'env={{**os.environ, "AWS_REGION": {json.dumps(connection.region)}}}'


def _program(connection: Connection, imports: str, opened: str) -> str:
    """A whole Python program that opens `client` and calls a tool."""
    return f"""\
{imports}

async def main():
    {opened}:
        print(await client.{_call(connection)})

asyncio.run(main())"""


def python_sdk(connection: Connection) -> Setup:
    """The official SDK, `mcp` 2.x."""
    url = json.dumps(connection.url)
    if connection.way == "iam":
        command, *arguments = connection.proxy()
        program = _program(
            connection,
            "import asyncio\nimport os\nfrom mcp import Client, StdioServerParameters\n\n"
            f"PROXY = StdioServerParameters(\n    command={json.dumps(command)},\n"
            f"    args={json.dumps(arguments)},\n    {_environment(connection)},\n)",
            "async with Client(PROXY) as client",
        )
        after: tuple[str, ...] = (PROXY_CREDENTIALS,)
    elif connection.way == "open":
        program = _program(
            connection,
            "import asyncio\nfrom mcp import Client",
            f"async with Client({url}) as client",
        )
        after = ()
    else:
        program = _program(
            connection,
            "import asyncio\nimport os\nimport httpx2\nfrom mcp import Client\n"
            "from mcp.client.streamable_http import streamable_http_client\n\n"
            f"URL = {url}\n"
            f'HEADERS = {{"Authorization": "Bearer " + {_credential(connection)}}}',
            "async with (\n"
            "        httpx2.AsyncClient(headers=HEADERS, timeout=60) as http,\n"
            "        Client(streamable_http_client(URL, http_client=http)) as client,\n"
            "    )",
        )
        after = _token(connection)
    return Setup((Snippet("Python: pip install 'mcp>=2'", "python", program), *after))


def typescript_sdk(connection: Connection) -> Setup:
    """The official SDK, `@modelcontextprotocol/client` 2.x."""
    if connection.way == "iam":
        command, *arguments = connection.proxy()
        transport = (
            'import { Client } from "@modelcontextprotocol/client";\n'
            'import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";\n\n'
            "const transport = new StdioClientTransport({\n"
            f"  command: {json.dumps(command)},\n"
            f"  args: {json.dumps(arguments)},\n"
            f"  env: {{ ...process.env, AWS_REGION: {json.dumps(connection.region)} }},\n}});"
        )
    else:
        options = ""
        if connection.way != "open":
            value = f"`Bearer ${{process.env.{connection.variable}}}`"
            if connection.key is not None and connection.way == "api_key":
                value = json.dumps(f"Bearer {connection.key}")
            options = f", {{\n  requestInit: {{ headers: {{ Authorization: {value} }} }},\n}}"
        transport = (
            "import { Client, StreamableHTTPClientTransport } "
            'from "@modelcontextprotocol/client";\n\n'
            f"const url = new URL({json.dumps(connection.url)});\n"
            f"const transport = new StreamableHTTPClientTransport(url{options});"
        )
    asked = "listTools()"
    if connection.tool is not None:
        call = {"name": connection.tool, "arguments": dict(connection.arguments)}
        asked = f"callTool({json.dumps(call)})"
    program = f"""\
{transport}
const client = new Client({{ name: "example", version: "1.0.0" }});
await client.connect(transport);
console.log(await client.{asked});
await client.close();"""
    after = (PROXY_CREDENTIALS,) if connection.way == "iam" else _token(connection)
    place = "example.mjs: npm install @modelcontextprotocol/client"
    return Setup((Snippet(place, "js", program), *after))


def fastmcp(connection: Connection) -> Setup:
    """FastMCP's client."""
    imports = "import asyncio\nfrom fastmcp import Client"
    after: tuple[str, ...] = ()
    if connection.way == "iam":
        command, *arguments = connection.proxy()
        imports = (
            f"import asyncio\nimport os\n{imports.partition(chr(10))[2]}\n"
            "from fastmcp.client.transports import StdioTransport\n\n"
            f"PROXY = StdioTransport(\n    {json.dumps(command)},\n    {json.dumps(arguments)},\n"
            f"    {_environment(connection)},\n)"
        )
        opened = "async with Client(PROXY) as client"
        after = (PROXY_CREDENTIALS,)
    else:
        proof = ""
        if connection.way == "api_key":
            proof = f", auth={_credential(connection)}"
            if connection.key is None:
                imports = f"import asyncio\nimport os\n{imports.partition(chr(10))[2]}"
        elif connection.way == "oauth":
            proof = ', auth="oauth"'
            after = ("It opens a browser to sign in.",)
        opened = f"async with Client({json.dumps(connection.url)}{proof}) as client"
    program = _program(connection, imports, opened)
    return Setup((Snippet("Python: pip install fastmcp", "python", program), *after))


def curl(connection: Connection) -> Setup:
    """MCP over Streamable HTTP, and plain JSON-RPC; both take a POST without a handshake."""
    call: dict[str, object] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    if connection.tool is not None:
        params = {"name": connection.tool, "arguments": dict(connection.arguments)}
        call |= {"method": "tools/call", "params": params}
    listing = {"method": "tools/list"}
    plain = urljoin(connection.url, "rpc")
    after = _token(connection)
    if connection.way == "iam":
        after = ("The variables are those of your AWS credentials. curl signs since 7.75.",)
    return Setup(
        (
            Snippet("Terminal", "sh", _post(connection, connection.url, call)),
            (
                "Programs without an MCP client may post plain JSON-RPC: no handshake, no event "
                "stream, `jsonrpc` and `id` may be missing, an array is a batch."
            ),
            Snippet("Terminal, plain JSON-RPC", "sh", _post(connection, plain, listing)),
            *after,
        )
    )


def _post(connection: Connection, url: str, body: object) -> str:
    lines = [f"curl -sS {shlex.quote(url)}"]
    if connection.way == "iam":
        lines += [
            f"--aws-sigv4 aws:amz:{shlex.quote(connection.region)}:lambda",
            '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
            '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
        ]
    elif connection.way != "open":
        lines.append(f"-H {authorization(connection)}")
    lines += [
        "-H 'Content-Type: application/json'",
        f"-d {shlex.quote(json.dumps(body, separators=(',', ':')))}",
    ]
    return " \\\n  ".join(lines)


def iam_proxy(connection: Connection) -> Setup:
    """AWS's proxy, a local MCP server that signs and passes on; for every client with stdio."""
    if connection.way != "iam":
        return Setup(("**Not needed**: this server does not ask for AWS signatures.",), works=False)
    region = shlex.quote(f"AWS_REGION={connection.region}")
    file = as_json({"mcpServers": {connection.label: connection.proxy_entry()}})
    return Setup(
        (
            "Clients that cannot sign requests start this program and speak MCP with it by stdio.",
            Snippet("Terminal", "sh", f"{region} {shell(*connection.proxy())}"),
            Snippet("Any client's configuration of a local server", "json", file),
            PROXY_CREDENTIALS,
        )
    )


INSPECTOR = Client(
    "inspector",
    "MCP Inspector",
    "https://modelcontextprotocol.io/docs/2026-07-28/tools/inspector/cli",
    checked="run by tests",
    setup=inspector,
)
PYTHON_SDK = Client(
    "python",
    "Python SDK",
    "https://github.com/modelcontextprotocol/python-sdk",
    checked="run by tests",
    setup=python_sdk,
)
TYPESCRIPT_SDK = Client(
    "typescript",
    "TypeScript SDK",
    "https://github.com/modelcontextprotocol/typescript-sdk",
    checked="run by tests",
    setup=typescript_sdk,
)
FASTMCP = Client(
    "fastmcp",
    "FastMCP",
    "https://gofastmcp.com/clients/client",
    checked="run by tests",
    setup=fastmcp,
)
CURL = Client(
    "curl",
    "curl",
    "https://curl.se/docs/manpage.html#--aws-sigv4",
    checked="run by tests",
    setup=curl,
)
IAM_PROXY = Client(
    "iam-proxy",
    "IAM proxy",
    "https://github.com/aws/mcp-proxy-for-aws",
    checked="run by tests",
    setup=iam_proxy,
)
