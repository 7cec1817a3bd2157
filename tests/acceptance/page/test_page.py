"""What the page says, who reads it, and what it can never be made to say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from copy import replace
from html import unescape

import httpx
import pytest
from mcp_types import Tool

from mcp_app.settings import load
from mesh.runtime import clients
from mesh.runtime.clients import Connection, Snippet
from mesh.runtime.config.build_info import BuildInfo
from mesh.runtime.page import document, tools

HOSTILE = '"><script>alert(1)</script>&<img src=x onerror=alert(2)>'
# By how many ways in it shows: each of nineteen clients has snippets for each.
LIMIT_BYTES = {1: 66 * 1024, 2: 84 * 1024}
# As long as those of AWS are.
HOST = f"{'a' * 32}.lambda-url.us-east-1.on.aws"


def described(tools: tuple[Tool, ...] = (), **variables: str) -> document.Server:
    settings = load({"MESH_API_KEYS_PARAMETER": "/p"} | variables)
    return document.Server(settings, BuildInfo(), tools)


def shown(url: str) -> Connection:
    """The server as its page shows it: the example is a read-only tool without arguments."""
    page = unescape(httpx.get(url).text)
    (tool,) = set(re.findall(r'call_tool\("(\w+)", \{\}\)', page))
    return Connection(f"{url}mcp", "api_key", name="aoma-mesh", tool=tool)


def test_it_shows_every_client_this_very_address(url):
    page = unescape(httpx.get(url).text)
    connection = shown(url)
    for client in clients.ALL:
        if client.slug == "iam-proxy":
            continue
        for step in client.setup(connection).steps:
            if isinstance(step, Snippet):
                assert step.text in page, client.title


def test_behind_a_function_url_the_address_is_that_urls(url):
    page = httpx.get(url, headers={"host": HOST, "x-forwarded-proto": "https"}).text
    assert f"https://{HOST}/mcp" in page
    assert "127.0.0.1" not in page


@pytest.mark.parametrize(
    ("auth", "said", "unsaid"),
    [
        ("api_key", "Every call needs an API key", "AWS_SESSION_TOKEN"),
        ("oauth", "Every call needs an access token", "MESH_API_KEY"),
        ("both", "Instead of the key", "AWS_SESSION_TOKEN"),
        ("iam", "AWS Signature Version 4", "MESH_API_KEY"),
        ("none", "anybody may call it", "MESH_API_KEY"),
    ],
)
def test_it_shows_the_way_in_that_the_server_takes_and_no_other(serve, auth, said, unsaid):
    page = httpx.get(serve(MESH_AUTH=auth)).text
    assert said in page
    assert unsaid not in page


def test_every_tool_is_there_with_what_it_takes(url):
    page = unescape(httpx.get(url).text)
    for name in ("search_knowledge", "query_aoma_knowledge", "search_git_commits"):
        assert f'id="tool-{name}"' in page
    assert "at most 2000 characters" in page
    assert '"comprehensive" | "focused" | "rapid"' in page


def test_the_schema_shown_is_the_schema():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "enum": ["é", "}"]}, "b": {"default": None}},
        "required": ["a"],
    }
    assert json.loads(tools.lines(schema)) == schema
    assert json.loads(tools.lines({"type": "object", "properties": {}})) == {
        "type": "object",
        "properties": {},
    }


def test_prompts_and_resources_are_named(url):
    page = httpx.get(url).text
    assert "<code>triage_incident</code>" in page
    assert "<code>aoma://docs/{path*}{?page}</code>" in page


def test_it_is_small(serve):
    for auth in ("api_key", "both", "iam"):
        page = httpx.get(serve(MESH_AUTH=auth), headers={"host": HOST})
        assert len(page.content) < LIMIT_BYTES[2 if auth == "both" else 1]


def test_head_answers_like_get_without_a_body(url):
    whole, head = httpx.get(url), httpx.head(url)
    assert head.status_code == 200
    assert head.content == b""
    own = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in own} == {
        k: v for k, v in whole.headers.items() if k not in own
    }


def test_it_is_made_once_for_an_address(url):
    httpx.get(url)
    before = document.render.cache_info().misses
    httpx.get(url)
    assert document.render.cache_info().misses == before


def test_it_costs_other_routes_nothing():
    """Neither INIT nor a first call imports it."""
    program = (
        "import sys, mesh.runtime.http.app, mcp_app.server, mesh.runtime.http.instance\n"
        "print([name for name in sys.modules if name.startswith('mesh.runtime.page')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("host", [HOSTILE, "x y", "a/b", "a@b", "x'\"", "é"])
def test_a_host_that_is_none_is_refused_and_not_repeated(url, host):
    reply = httpx.get(url, headers={"host": host.encode()})
    assert reply.status_code == 400
    assert host not in reply.text
    assert "<" not in reply.text


def test_a_scheme_that_is_none_is_not_repeated(url):
    reply = httpx.get(url, headers={"x-forwarded-proto": "javascript"})
    assert "javascript:" not in reply.text


def test_whatever_it_is_given_stays_text():
    """If something hostile comes this far, it still becomes no mark-up."""
    tool = Tool(
        name="a_tool",
        description=HOSTILE,
        input_schema={
            "type": "object",
            "properties": {HOSTILE: {"type": "string", "description": HOSTILE, "default": HOSTILE}},
        },
    )
    server = described((tool,), MESH_NAME=HOSTILE, MESH_ENVIRONMENT=HOSTILE)
    page = document.render(server, f"https://{HOSTILE}/", ("api_key",)).decode()
    plain = document.render(described((tool,)), "https://example.com/", ("api_key",)).decode()
    assert page.count("<script") == plain.count("<script") == 1
    assert "<img" not in page
    # Each of the page's own tags is closed where it was: nothing broke out of an attribute.
    tags = re.compile(r"<[a-z][^>]*>")
    assert [tag.split()[0].rstrip(">") for tag in tags.findall(page)] == [
        tag.split()[0].rstrip(">") for tag in tags.findall(plain)
    ]


def test_only_the_pages_own_style_and_script_are_allowed(url):
    reply = httpx.get(url)
    policy = dict(
        directive.split(" ", 1)
        for directive in reply.headers["content-security-policy"].split("; ")
    )
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        (text,) = re.findall(rf"<{element}>(.*?)</{element}>", reply.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in str(policy)
    assert not re.search(r"<[^>]+ (style|on[a-z]+|src)=", reply.text)


def test_nothing_internal_is_told(serve):
    page = httpx.get(serve(MESH_API_KEYS_PARAMETER="/mesh/secret-place/api-keys")).text
    assert "secret-place" not in page


def test_the_list_of_tools_is_the_same_whoever_asks_first(serve):
    """A caller whose key is for few tools must not narrow the page for everybody."""
    address = serve(MESH_NAME="asked-with-a-key-first")
    first = httpx.get(address, headers={"authorization": "Bearer mesh_something"})
    assert first.status_code == 200
    assert first.text == httpx.get(address).text


def test_a_name_that_clients_would_not_take_is_made_one():
    connection = Connection("https://example.com/mcp", "api_key", name="Docs & more; rm -rf /")
    assert connection.label == "Docs-more-rm--rf"
    assert replace(connection, name="  ").label == "mcp-server"
