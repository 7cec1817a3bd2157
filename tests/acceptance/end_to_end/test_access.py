"""Who may call, through the real root's Function URLs: keys, tokens, signatures, no one else."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from pytest_terraform import terraform

from mesh.credentials import api_keys
from mesh.credentials.api_keys import Limits, Parameter
from mesh.logs.logs import LogGroup
from mesh.runtime.access.api_keys import digest, generate
from mesh.stack import local_aws_client
from tests.fixtures.issuer import Issuer

PATHS = (
    *("", "health", "ready", "mcp", "mcp/", "rpc", "nowhere", "health/", "%2e%2e/health"),
    *(".well-known/oauth-protected-resource", ".well-known/oauth-protected-resource/mcp"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
PUBLIC = {"", "health", *PATHS[-2:]}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
DEADLINE_SECONDS = 120
CANARY = "canary-41d9"
SEARCH = CALL | {
    "method": "tools/call",
    "params": {"name": "search_knowledge", "arguments": {"query": CANARY}},
}
DAY, NOTHING = dt.timedelta(days=1), dt.timedelta(0)


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


@pytest.fixture
def with_issuer(deployable, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Terraform's variables for a server that takes API keys and this issuer's tokens."""
    monkeypatch.setenv("TF_VAR_oauth_issuer", issuer.url)
    monkeypatch.setenv("TF_VAR_tool_scopes", '{"search_code_files": ["code:read"]}')
    monkeypatch.setenv("TF_VAR_secrets_ttl_seconds", "1")
    monkeypatch.setenv("TF_VAR_rate_limit_per_minute", "100000")
    return issuer


def bearer(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


def requests_of(
    callers: dict[str, dict[str, str]],
) -> Iterator[tuple[str, str, tuple[str, dict[str, str]]]]:
    """Every path with every method by the first caller, and what is worth a try by each other.

    The whole product is walked without a network in tests/local/runtime/access.
    """
    first, *others = callers.items()
    yield from itertools.product(PATHS, METHODS, [first])
    yield from itertools.product(("", "ready", "mcp", "rpc"), ("GET", "POST"), others)


def status(url: str, credential: str) -> int:
    return httpx.post(url, json=SEARCH, headers=bearer(credential), timeout=60).status_code


def wait_for(holds: Callable[[], bool]) -> bool:
    """Poll until it holds, or the deadline has passed."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def tools_of(url: str, headers: dict[str, str]) -> set[str]:
    """What FastMCP's own client is shown."""

    async def listed() -> set[str]:
        async with Client(StreamableHttpTransport(url, headers=headers)) as client:
            return {tool.name for tool in await client.list_tools()}

    return asyncio.run(listed())


def signed(url: str, aws, **wrong: str) -> dict[str, str]:
    """Headers of a signed request, with something wrong about the signature."""
    own = local_aws_client.credentials(aws.environment)
    credentials = Credentials(
        wrong.get("key", own.access_key), wrong.get("secret", own.secret_key), own.token
    )
    request = AWSRequest("POST", f"{url}mcp", data=json.dumps(CALL).encode())
    request.headers["content-type"] = "application/json"
    SigV4Auth(credentials, wrong.get("service", "lambda"), aws.region).add_auth(request)
    return dict(request.headers)


def written_down(aws, deployed, function: str, folder: Path) -> dict[str, str]:
    """Everything that a deployment and its requests leave behind, as text."""
    api = boto3.client("lambda", region_name=aws.region)
    settings = api.get_function_configuration(FunctionName=function)
    assert settings["Environment"]["Variables"]["MESH_AUTH"] == "both"
    events = LogGroup(boto3.client("logs", region_name=aws.region), f"/aws/lambda/{function}")
    files = [path for path in folder.rglob("*") if path.suffix in {".log", ".txt"}]
    return {
        "state": json.dumps(deployed.terraform.show()),
        "environment": json.dumps(settings, default=str),
        "log": "\n".join(event.message for event in events.events(0)),
        **{path.name: path.read_text(errors="replace") for path in files},
    }


# pytest-terraform makes one fixture for each spelling of a root in a process.
@pytest.mark.promise("keys, tokens and IAM; each route has its callers")
@terraform("./terraform/", name="walked")
def test_every_url_lets_in_who_may_call_and_nobody_else(aws, with_issuer, walked, tmp_path):
    issuer = with_issuer
    outputs = {name: output["value"] for name, output in walked.outputs.items()}
    live, candidate, mcp = (outputs[name] for name in ("function_url", "candidate_url", "mcp_url"))
    parameter = Parameter(local_aws_client.ssm(aws.environment), outputs["api_keys_parameter"])
    key = api_keys.create(parameter, "ci")
    some = api_keys.create(parameter, "agent", Limits(tools=("search_knowledge",)))
    token = issuer.token(mcp, email=f"{CANARY}@example.com")

    # Keys and tokens are ways in; what each may call is what each is shown.
    everything = tools_of(mcp, bearer(key))
    assert "search_code_files" in everything
    assert tools_of(mcp, bearer(some)) == {"search_knowledge"}
    assert tools_of(mcp, bearer(token)) == everything - {"search_code_files"}
    wide = issuer.token(mcp, scope="code:read")
    assert tools_of(mcp, bearer(wide)) == everything

    # Whoever has nothing is told where a token comes from, though AWS renames the challenge.
    refused = httpx.post(mcp, json=CALL, timeout=60)
    assert refused.status_code == 401
    challenge = refused.headers["x-amzn-remapped-www-authenticate"]
    address = f"{live}.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{address}"' in challenge
    metadata = httpx.get(address, timeout=60).json()
    assert (metadata["resource"], metadata["authorization_servers"]) == (mcp, [issuer.url])

    with Issuer() as other:
        foreign = other.token(mcp)
    strangers = {
        "none": {},
        "wrong key": bearer(generate()),
        "foreign token": bearer(foreign),
        "expired token": bearer(issuer.token(mcp, exp=1_700_000_000)),
        "another server's token": bearer(issuer.token(f"{candidate}mcp")),
        "anonymous": bearer(issuer.token(mcp, is_anonymous=True)),
        "a context of its own": {"x-amzn-request-context": '{"authorizer": {}}'},
    }
    with httpx.Client(timeout=DEADLINE_SECONDS) as http:
        for path, method, (kind, headers) in requests_of(strangers):
            reply = http.request(method, httpx.URL(live + path), headers=headers)
            expected = 200 if path in PUBLIC and method in {"GET", "HEAD"} else 401
            assert reply.status_code == expected, (path, method, kind)
        # The candidate's address: nothing is public, and no key or token replaces a signature.
        holders = {"key": bearer(key), "token": bearer(token)}
        for path, method, (kind, headers) in requests_of({**strangers, **holders}):
            reply = http.request(method, httpx.URL(candidate + path), headers=headers)
            assert reply.status_code == 403, (path, method, kind)
        body = json.dumps(CALL)
        assert (
            http.post(f"{candidate}mcp", content=body, headers=signed(candidate, aws)).status_code
            == 200
        )
        for wrong in ({"secret": "wrong"}, {"key": "AKIAUNKNOWNUNKNOWN00"}, {"service": "ssm"}):
            reply = http.post(
                f"{candidate}mcp", content=body, headers=signed(candidate, aws, **wrong)
            )
            assert reply.status_code == 403, wrong

    # Rotated, revoked, expired: within the time for which instances trust what they read.
    successor, old = api_keys.rotate(parameter, "ci", grace=DAY)
    assert wait_for(lambda: status(mcp, successor) == 200)
    assert status(mcp, key) == 200
    api_keys.revoke(parameter, "ci", last4=old.last4)
    assert wait_for(lambda: status(mcp, key) == 401)
    api_keys.rotate(parameter, "agent", grace=NOTHING)
    assert wait_for(lambda: status(mcp, some) == 401)

    # Nothing of all this is where it could be read.
    secrets = (key, some, successor, token, wide, foreign, CANARY, digest(key), digest(successor))
    left = written_down(aws, walked, outputs["function_name"], tmp_path)
    assert '"caller": "user:6f1c0b3e-ada"' in left["log"]
    assert '"tool": "search_knowledge"' in left["log"]
    found = [
        (place, secret) for place, text in left.items() for secret in secrets if secret in text
    ]
    assert not found
