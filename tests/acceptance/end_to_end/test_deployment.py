"""The real root, the real zip, real clients: what somebody who deploys and connects sees."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from pytest_terraform import terraform

from mesh.runtime.access.api_keys import generate
from mesh.smoke import credential, smoke
from mesh.stack import local_aws_client
from tests.fixtures.deployed import wait_until


def call_tool(url: str, key: str, tool: str, arguments: dict[str, object]):
    """Call a tool with FastMCP's own client."""

    async def call():
        transport = StreamableHttpTransport(url, headers={"Authorization": f"Bearer {key}"})
        async with Client(transport) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


@pytest.mark.promise("a module is all that a new tool takes")
@terraform("terraform", name="deployed")
def test_new_code_is_served_at_the_same_url(aws, deployable, deployed, make_key):
    outputs = {name: output["value"] for name, output in deployed.outputs.items()}
    url = outputs["function_url"]
    key = make_key(outputs["api_keys_parameter"])
    candidate = credential.SigV4(local_aws_client.credentials(aws.environment), aws.region)

    # As deployed: every route behaves, the candidate through IAM, nobody without a key.
    for address, proof in ((url, credential.ApiKey(key)), (outputs["candidate_url"], candidate)):
        report = smoke.smoke(address, credential=proof, deadline_seconds=30)
        assert report.ok, report
    assert httpx.get(f"{url}health", timeout=60).json()["function_version"] == "1"
    for headers in ({}, {"x-api-key": generate()}):
        assert httpx.post(f"{url}mcp", json={}, headers=headers, timeout=60).status_code == 401
        assert httpx.get(f"{url}ready", headers=headers, timeout=60).status_code == 401
    assert httpx.post(f"{outputs['candidate_url']}mcp", json={}, timeout=60).status_code == 403

    found = call_tool(outputs["mcp_url"], key, "search_knowledge", {"query": "Terraform"})
    assert found.structured_content["hits"]

    # Somebody writes a tool, builds and applies; then changes it.
    for version, greeting in (("2", "Hello"), ("3", "Good evening")):
        deployable.write_tool(greeting)
        built = deployable.build()
        deployed.terraform.apply()
        health = httpx.get(f"{url}health", timeout=60).json()
        assert health["function_version"] == version
        assert health["content_sha256"] == built.content_sha256
        assert health["commit"] == built.commit
        assert health["dirty"] is True
        greeted = call_tool(outputs["mcp_url"], key, "greet", {"name": "Ada"})
        assert greeted.data == f"{greeting}, Ada!"
    state = deployed.terraform.show()["values"]["outputs"]
    assert state["function_url"]["value"] == url

    # No key, and no hash of one, is where it should not be.
    assert key not in json.dumps(deployed.terraform.show())
    logs = (deployable.root.parent / "aws.log").read_text()
    assert key not in logs


@pytest.fixture
def without_a_dependency(editable):
    """The zip with one of the packages that it needs taken out of it."""
    requirements = editable.root / "requirements" / "lambda.txt"
    lines = requirements.read_text().splitlines(keepends=True)
    start = next(n for n, line in enumerate(lines) if line.startswith("mangum=="))
    end = next(n for n in range(start + 1, len(lines)) if not lines[n].startswith(" "))
    requirements.write_text("".join(lines[:start] + lines[end:]))
    return editable.build()


@terraform("terraform", name="deployed")
def test_what_the_zip_lacks_is_missing_here_too(editable, without_a_dependency, deployed):
    # Mangum is installed where the tests run, so only a clean environment can miss it. It is
    # needed for what the fast path leaves to FastMCP, such as the page; not for /health.
    reply = httpx.get(deployed.outputs["function_url"]["value"], timeout=30)
    assert reply.status_code == 500
    logs = editable.root.parent / "aws" / "logs"

    def explained() -> bool:
        return any("No module named 'mangum'" in log.read_text() for log in logs.glob("*.log"))

    wait_until(explained)
