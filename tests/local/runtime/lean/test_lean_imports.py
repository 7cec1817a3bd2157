"""FastMCP imported leanly answers as FastMCP does, and loads less."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mesh.build.environment import ROOT
from mesh.runtime.lean.facades import FACADES, OPENAI

SESSIONS = sorted((ROOT / "tests" / "fixtures" / "clients" / "sessions").glob("*.json"))
PROGRAM = Path(__file__).with_name("lean_program.py")
# What differs from one process to the next: times, and what is measured.
VARYING = re.compile(r'\\*"(latency_ms|checked_at|[a-z_]*seconds)\\*": ?[^,}]+')


def event(method, path, body=None, headers=None):
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "mesh.example", "content-type": "application/json", **(headers or {})},
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": "192.0.2.1"}},
        "isBase64Encoded": False,
        "body": None if body is None else json.dumps(body),
    }


def rpc(method, params=None):
    body = {"method": method} if params is None else {"method": method, "params": params}
    return event("POST", "/rpc", body)


def modern(method, params):
    version = "2026-07-28"
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    headers = {"mcp-protocol-version": version, "mcp-method": method}
    if name := params.get("name") or params.get("uri"):
        headers["mcp-name"] = name
    return event("POST", "/mcp", body, headers | {"accept": "application/json, text/event-stream"})


CALLS = [
    ("tools/list", {}),
    ("tools/call", {"name": "search_knowledge", "arguments": {"query": "checksum"}}),
    ("tools/call", {"name": "search_knowledge", "arguments": {"query": 3, "maxResults": "many"}}),
    ("tools/call", {"name": "nothing", "arguments": {}}),
    ("tools/call", {"arguments": {}}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("resources/read", {"uri": "aoma://docs/vault/docs/ingest.md"}),
    ("resources/read", {"uri": "aoma://docs/nothing"}),
    ("prompts/list", {}),
    ("prompts/get", {"name": "triage_incident", "arguments": {}}),
    ("prompts/get", {"name": "development_context", "arguments": {"task": "checksums"}}),
    (
        "completion/complete",
        {
            "ref": {"type": "ref/prompt", "name": "triage_incident"},
            "argument": {"name": "severity", "value": ""},
        },
    ),
    ("server/discover", {}),
    ("subscriptions/listen", {"notifications": {}}),
    ("no/such", {}),
]


def recorded():
    for path in SESSIONS:
        for request in json.loads(path.read_text())["requests"]:
            body = request.get("body")
            yield event(request["method"], request["path"], body, request["headers"])


EVENTS = [
    *(event("GET", path) for path in ("/", "/health", "/nothing")),
    *recorded(),
    *(rpc(*call) for call in [*CALLS, ("ping",), ("logging/setLevel", {"level": "info"})]),
    *(modern(*call) for call in CALLS),
]


@pytest.fixture(scope="module")
def run(index):
    def start(**variables):
        done = subprocess.run(
            [sys.executable, str(PROGRAM)],
            input=json.dumps(EVENTS),
            env={
                "PATH": os.environ["PATH"],
                "MESH_SERVER": os.environ["MESH_SERVER"],
                "PYTHONPATH": str(ROOT),
                "MESH_AUTH": "none",
                "LAMBDA_TASK_ROOT": str(index.parent),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return start


@pytest.fixture(scope="module")
def lean(run):
    return run()


@pytest.fixture(scope="module")
def plain(run):
    return run(MESH_LEAN_IMPORTS="off")


def steady(answer):
    headers = {name: value for name, value in answer["headers"].items() if name != "content-length"}
    return {**answer, "headers": headers, "body": VARYING.sub("", answer.get("body") or "")}


def test_every_request_is_answered_alike_with_lean_imports_and_without(lean, plain):
    assert len(lean["answers"]) == len(EVENTS) > 100
    for request, one, other in zip(EVENTS, lean["answers"], plain["answers"], strict=True):
        assert steady(one) == steady(other), request


def test_what_this_server_does_not_use_works_as_ever_once_it_is_used(lean, plain):
    assert lean["full"] == plain["full"]
    assert lean["full"]["numbers"] == ["forgotten", 1, 2, 3, "forgotten", 1]
    assert lean["full"]["asked"] == "accept Ada"
    assert lean["full"]["console"]


def test_models_say_the_same_of_themselves_whenever_they_are_asked(lean, plain):
    assert lean["models"]["put_off"] > 20
    assert plain["models"]["put_off"] == 0
    assert lean["models"]["said"] == plain["models"]["said"]


def test_a_name_of_a_facade_is_the_one_that_the_package_itself_has(lean):
    assert {name: set(names) for name, names in lean["facades"].items()} == {
        name: set(names) for name, names in FACADES.items()
    }


@pytest.mark.parametrize(
    "module",
    [
        *("beartype", "key_value", "rich", "pygments", "yaml", "httpx2._client", "click"),
        *("uvicorn.main", "joserfc.jws", "cryptography.x509", "mcp.client", "mcp.server.mcpserver"),
        *("fastmcp.client", "fastmcp.server.providers.skills", "griffe._internal.finder"),
        *("mcp_types._v2025_11_25", "mcp_types._v2026_07_28", "openai", "postgrest", "boto3"),
    ],
)
def test_a_start_does_not_load(lean, module):
    assert module not in lean["loaded"]


def test_without_lean_imports_all_is_loaded(plain):
    assert {"rich", "mcp.client", "mcp_types._v2025_11_25", "joserfc.jws"} <= set(plain["loaded"])


@pytest.fixture(scope="module")
def first_call():
    done = subprocess.run(
        [sys.executable, str(PROGRAM.with_name("lean_openai_program.py"))],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_first_call_to_openai_loads_no_types_that_nobody_asks_for(first_call):
    loaded = set(first_call["loaded"])
    assert {"openai._client", "postgrest", "httpx2"} <= loaded
    assert (
        not {"openai.types.responses.response", "openai.types.beta", "openai.lib._tools"} & loaded
    )
    assert len([name for name in loaded if name.startswith("openai.")]) < 100


def test_names_of_openais_packages_are_the_ones_that_they_have_themselves(first_call):
    assert set(first_call["packages"]) == set(OPENAI)
    assert first_call["different"] == []
    assert first_call["client"] == "Models"
