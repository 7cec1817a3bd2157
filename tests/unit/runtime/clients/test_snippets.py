"""What people paste: as each client's documentation wants it, without a secret too many."""

from __future__ import annotations

import ast
import base64
import json
import shlex
import tomllib
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import yaml
from openai.types.responses.tool_param import Mcp
from pydantic import TypeAdapter

from mesh.reference import setup_guide
from mesh.runtime import clients
from mesh.runtime.clients import Connection, Snippet
from mesh.runtime.clients.connection import WAYS

URL = "https://abc.lambda-url.eu-west-1.on.aws/mcp"
KEY = "mesh_" + "k" * 43
EVERY = [(client, way) for client in clients.ALL for way in WAYS]


def connection(way, **options):
    return Connection(URL, way, region="eu-west-1", **options)


def link(slug, way):
    found = clients.by_slug(slug).setup(connection(way)).link
    assert found is not None
    return found.address


def pasted(slug, way, number=0, **options):
    steps = clients.by_slug(slug).setup(connection(way, **options)).steps
    return [step for step in steps if isinstance(step, Snippet)][number].text


@pytest.mark.parametrize(("client", "way"), EVERY, ids=lambda value: getattr(value, "slug", value))
def test_every_client_is_told_something_in_every_way(client, way):
    setup = client.setup(connection(way))
    assert setup.steps
    snippets = [step for step in setup.steps if isinstance(step, Snippet)]
    if setup.works:
        assert any(URL in step.text or URL.replace("mcp", "rpc") in step.text for step in snippets)
    for step in snippets:
        if step.language == "json":
            json.loads(step.text)
        if step.language == "toml":
            tomllib.loads(step.text)
        if step.language == "yaml":
            yaml.safe_load(step.text)
        if step.language == "sh":
            assert shlex.split(step.text.replace("\\\n", " "))
        if step.language == "python":
            compile(step.text, step.place, "exec")


@pytest.mark.parametrize(("client", "way"), EVERY, ids=lambda value: getattr(value, "slug", value))
def test_links_never_hold_the_key(client, way):
    setup = client.setup(connection(way, key=KEY))
    if setup.link is None:
        return
    parts = urlsplit(setup.link.address)
    # A space is %20: only forms know the plus sign, and programs parse these links.
    assert "+" not in parts.query or "config=" in parts.query
    query = parse_qs(parts.query)
    decoded = base64.b64decode(query["config"][0]).decode() if "config" in query else ""
    assert KEY not in unquote(setup.link.address) + decoded


def test_claude_code_gets_one_command():
    words = shlex.split(pasted("claude-code", "api_key", key=KEY).replace("\\\n", " "))
    assert words == [
        *("claude", "mcp", "add", "--transport", "http", "my-server", URL),
        *("--header", f"Authorization: Bearer {KEY}"),
    ]
    assert "--header" not in pasted("claude-code", "oauth")


def test_cursors_link_and_file_say_the_same():
    """https://cursor.com/docs/mcp/install-links."""
    entry = {"url": URL, "headers": {"Authorization": "Bearer ${env:MESH_API_KEY}"}}
    assert json.loads(pasted("cursor", "api_key")) == {"mcpServers": {"my-server": entry}}
    parts = urlsplit(link("cursor", "api_key"))
    assert (parts.scheme, parts.netloc) == ("cursor", "anysphere.cursor-deeplink")
    assert parts.path == "/mcp/install"
    query = parse_qs(parts.query)
    assert query["name"] == ["my-server"]
    assert json.loads(base64.b64decode(query["config"][0])) == entry


def test_vs_codes_link_asks_for_the_key_as_its_file_does():
    """VS Code parses the whole query as JSON: name, inputs, and the rest is the server."""
    file = json.loads(pasted("vs-code", "api_key"))
    (asked,) = file["inputs"]
    assert asked["password"] is True
    server = file["servers"]["my-server"]
    assert server == {
        "type": "http",
        "url": URL,
        "headers": {"Authorization": f"Bearer ${{input:{asked['id']}}}"},
    }
    scheme, _, query = link("vs-code", "api_key").partition("?")
    assert scheme == "vscode:mcp/install"
    assert json.loads(unquote(query)) == {"name": "my-server", **server, "inputs": [asked]}


def test_windsurf_calls_the_address_by_its_own_name():
    entry = json.loads(pasted("windsurf", "open"))["mcpServers"]["my-server"]
    assert entry == {"serverUrl": URL}


@pytest.mark.parametrize("slug", ["claude-desktop", "cursor", "windsurf", "iam-proxy"])
def test_clients_that_cannot_sign_start_awss_proxy(slug):
    number = 1 if slug == "iam-proxy" else 0
    entry = json.loads(pasted(slug, "iam", number))["mcpServers"]["my-server"]
    assert entry == {
        "command": "uvx",
        "args": [
            *("mcp-proxy-for-aws@latest", URL),
            *("--service", "lambda"),
        ],
        "env": {"AWS_REGION": "eu-west-1"},
    }


@pytest.mark.parametrize("slug", ["claude-ai", "chatgpt"])
@pytest.mark.parametrize("way", ["api_key", "iam"])
def test_what_a_client_cannot_do_is_said(slug, way):
    setup = clients.by_slug(slug).setup(connection(way))
    assert not setup.works
    assert "Not possible" in str(setup.steps[0])
    assert setup.link is None


def test_a_cloud_client_is_told_that_it_cannot_reach_this_machine():
    for address, reached in (("http://127.0.0.1:8787/mcp", False), (URL, True)):
        steps = clients.by_slug("claude-ai").setup(Connection(address, "open")).steps
        assert ("this one is not" in str(steps)) is not reached


def test_openais_api_takes_the_server_as_it_is_given():
    """Checked against the types of OpenAI's own library."""
    program = pasted("openai-api", "api_key").replace('os.environ["MESH_API_KEY"]', json.dumps(KEY))
    (given,) = [
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.keyword) and node.arg == "tools"
    ]
    (checked,) = TypeAdapter(list[Mcp]).validate_python(given)
    assert checked["authorization"] == KEY
    assert checked["server_url"] == URL


def test_anthropics_api_names_the_server_twice():
    """https://platform.claude.com/docs/en/agents-and-tools/mcp-connector."""
    program = pasted("anthropic-api", "api_key", key=KEY)
    given = {
        node.arg: ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.keyword) and node.arg in {"mcp_servers", "tools", "betas"}
    }
    assert given == {
        "mcp_servers": [
            {"type": "url", "name": "my-server", "url": URL, "authorization_token": KEY}
        ],
        "tools": [{"type": "mcp_toolset", "mcp_server_name": "my-server"}],
        "betas": ["mcp-client-2025-11-20"],
    }


def test_what_agents_read_names_the_variable_and_not_the_key():
    """Each in its own form, as its documentation has it."""
    header = {"Authorization": "Bearer ${MESH_API_KEY}"}
    codex = {"mcp_servers": {"my-server": {"url": URL, "bearer_token_env_var": "MESH_API_KEY"}}}
    assert tomllib.loads(pasted("codex", "api_key", 1)) == codex
    gemini = {"mcpServers": {"my-server": {"httpUrl": URL, "headers": header}}}
    assert json.loads(pasted("gemini-cli", "api_key", 1)) == gemini
    goose = yaml.safe_load(pasted("goose", "api_key"))["extensions"]["my-server"]
    assert goose.items() >= {"type": "streamable_http", "uri": URL, "enabled": True}.items()
    assert goose["headers"] == header
    assert goose["env_keys"] == ["MESH_API_KEY"]
    chat = {"mcpServers": {"my-server": {"type": "streamable-http", "url": URL, "headers": header}}}
    assert yaml.safe_load(pasted("librechat", "api_key")) == chat
    for slug in ("codex", "gemini-cli", "goose"):
        assert "uvx" in pasted(slug, "iam", -1)


def test_a_key_that_is_given_is_written_out_and_no_other_place_is_left_for_it():
    for slug in ("claude-code", "vs-code", "cursor", "windsurf", "fastmcp", "python", "curl"):
        text = pasted(slug, "api_key", key=KEY)
        assert KEY in text
        assert "MESH_API_KEY" not in text


def test_the_guide_is_what_its_source_says():
    assert setup_guide.FILE.read_text(encoding="utf-8") == setup_guide.text(), "run `make docs`"


def test_the_public_client_is_named_where_clients_do_not_register():
    known = {"client_id": "everybody", "callback_port": 8088}
    assert "--client-id everybody --callback-port 8088" in pasted("claude-code", "oauth", **known)
    assert "--client-id" not in pasted("claude-code", "oauth")
    steps = clients.by_slug("claude-desktop").setup(connection("oauth", **known)).steps
    assert "ID of this server's client: `everybody`" in " ".join(map(str, steps))
