"""A domain in front of the real zip: all of it applied, clients through it, nobody around it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from playwright.sync_api import Browser, Error
from pytest_terraform import terraform

from mesh.build import environment
from mesh.credentials import origin_secret
from mesh.credentials.origin_secret import KEY, Places
from mesh.deploy.plan_guard import judge, read_plan
from mesh.runtime.domain.origin_secret import HEADER
from mesh.smoke import credential, smoke
from mesh.stack import local_aws_client
from tests.acceptance.end_to_end.edge import Edge, serving
from tests.acceptance.terraform.test_root_on_local_aws import Cli
from tests.fixtures.clients.real_clients import check
from tests.fixtures.clients.web_page import opened_page, served_page

ROOT = environment.ROOT / "terraform"
NAME = "mesh.example.com"
URL = f"https://{NAME}/"
FORBIDDEN, UNAVAILABLE = 403, 503
# A cold start on a busy machine takes its time.
get, post = partial(httpx.get, timeout=60), partial(httpx.post, timeout=60)
# What clients lose when one of these is lost.
THE_DOMAIN = {
    "aws_acm_certificate.this",
    "aws_cloudfront_distribution.this",
    "aws_cloudfront_function.viewer_request",
    "aws_cloudfront_key_value_store.this",
    'aws_route53_record.this["A"]',
    'aws_route53_record.this["AAAA"]',
    "aws_route53_record.validation",
}


@pytest.fixture
def zone(deployable, monkeypatch: pytest.MonkeyPatch) -> str:
    """A hosted zone, and Terraform's variables for a name in it."""
    route53 = boto3.client("route53", region_name="us-east-1")
    made = route53.create_hosted_zone(Name="example.com", CallerReference="tests")
    identity = str(made["HostedZone"]["Id"].rpartition("/")[2])
    monkeypatch.setenv("TF_VAR_domain_name", NAME)
    monkeypatch.setenv("TF_VAR_domain_zone_id", identity)
    monkeypatch.setenv("TF_VAR_secrets_ttl_seconds", "1")
    return identity


@pytest.fixture
def web_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The origin of a web page that Terraform is told to let in."""
    with served_page() as origin:
        monkeypatch.setenv("TF_VAR_allowed_origins", json.dumps([origin]))
        yield origin


def search(url: str, key: str) -> Any:
    """Ask with FastMCP's own client."""

    async def asked() -> Any:
        transport = StreamableHttpTransport(f"{url}mcp", headers={"Authorization": f"Bearer {key}"})
        async with Client(transport) as client:
            return await client.call_tool("search_knowledge", {"query": "Terraform"})

    return asyncio.run(asked())


@contextmanager
def asking(url: str, key: str) -> Iterator[list[int]]:
    """Ask all the while, and give the statuses that came."""
    statuses: list[int] = []
    ended = threading.Event()
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}

    def ask() -> None:
        with httpx.Client(headers={"x-api-key": key}, timeout=60) as client:
            while not ended.is_set():
                statuses.append(client.post(f"{url}rpc", json=ping).status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        ended.set()
        thread.join()


def rotate_while_asked(places: Places, url: str, key: str) -> tuple[str, str]:
    """A new origin secret refuses nobody; gives the old one and the new one."""
    old = places.store.get_key(KvsARN=places.store_arn, Key=KEY)["Value"]
    with asking(url, key) as statuses:
        origin_secret.rotate(places)
    new = places.store.get_key(KvsARN=places.store_arn, Key=KEY)["Value"]
    assert statuses
    assert set(statuses) == {200}
    return old, new


def refuse_who_goes_around(direct: str, key: str) -> None:
    """The Function URL answers nobody, and says where to go."""
    for path in ("", "health", "mcp", "rpc", "nowhere"):
        for sent in ({}, {HEADER: "guess"}):
            refused = post(f"{direct}{path}", json={}, headers=sent | {"x-api-key": key})
            assert refused.status_code == FORBIDDEN
            assert URL in refused.json()["error"]["message"]


def use_from_a_page(browser: Browser, origin: str, through: str, direct: str, key: str) -> None:
    """A page of an allowed origin calls through the domain, and reads why not around it."""
    bearer = {"authorization": f"Bearer {key}"}
    page = opened_page(browser, origin)
    for mode in ("auto", "legacy"):
        check(page.session(f"{through}mcp", bearer, mode))
    assert page.ask(f"{through}rpc", method="POST", headers={}, body="{}")["status"] == 401
    around = page.ask(f"{direct}health", headers=bearer)
    assert around["status"] == FORBIDDEN
    assert URL in json.loads(around["text"])["error"]["message"]
    with served_page() as other:
        page = opened_page(browser, other)
        assert page.ask(f"{through}health") == {"error": "TypeError"}
        with pytest.raises(Error, match="Failed to fetch"):
            page.session(f"{through}mcp", bearer, "legacy")


def run_terraform(runner: Any, *arguments: str) -> None:
    """Run it on the state of the fixture."""
    done = subprocess.run(
        ["terraform", arguments[0], "-no-color", f"-state={runner.state_path}", *arguments[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def written_down(aws: Any, outputs: dict[str, Any], runner: Any, folder: Path) -> dict[str, str]:
    """Everything that a deployment with a domain leaves behind, as text."""
    plan = folder / "again.tfplan"
    # The status is 2 when there is something to change.
    run_terraform(runner, "plan", "-detailed-exitcode", f"-out={plan}")
    shown = ["terraform", "show", "-json", str(plan)]
    settings = boto3.client("lambda", region_name=aws.region).get_function_configuration(
        FunctionName=outputs["function_name"]
    )
    hashes = local_aws_client.ssm(aws.environment).get_parameter(
        Name=outputs["domain"]["origin_secret_parameter"], WithDecryption=True
    )
    return {
        "state": Path(runner.state_path).read_text(),
        "plan": subprocess.run(shown, cwd=ROOT, capture_output=True, check=True).stdout.decode(),
        "environment": json.dumps(settings, default=str),
        "parameter": hashes["Parameter"]["Value"],
        **{path.name: path.read_text(errors="replace") for path in folder.rglob("*.log")},
    }


# pytest-terraform makes one fixture for each spelling of a root in a process.
@terraform("terraform//", name="behind_domain")
def test_the_domain_is_the_way_in_and_the_only_one(
    aws, zone, web_page, behind_domain, make_key, chromium, monkeypatch, tmp_path
):
    outputs = {name: output["value"] for name, output in behind_domain.outputs.items()}
    direct, domain = outputs["function_url"], outputs["domain"]
    key = make_key(outputs["api_keys_parameter"])
    assert (outputs["mcp_url"], outputs["health_url"]) == (f"{URL}mcp", f"{URL}health")
    places = Places(
        ssm=local_aws_client.ssm(aws.environment),
        parameter=domain["origin_secret_parameter"],
        store=local_aws_client.key_values(aws.environment),
        store_arn=domain["key_value_store_arn"],
        ttl_seconds=domain["secrets_ttl_seconds"],
    )
    edge = Edge(aws, domain)
    assert edge.origin == direct.split("/")[2]
    assert edge.config["Aliases"]["Items"] == [NAME]

    with serving(edge) as through:
        # Before there is a secret nothing is let in, on either way.
        assert get(f"{through}health").status_code == UNAVAILABLE
        assert get(f"{direct}health").status_code == FORBIDDEN
        forged = get(f"{direct}health", headers={HEADER: "guess"})
        assert forged.status_code == UNAVAILABLE
        assert "`mesh domain rotate`" in forged.json()["error"]["message"]

        origin_secret.rotate(places)

        # Official clients, the smoke test and people, through the domain.
        assert search(through, key).structured_content["hits"]
        report = smoke.smoke(through, credential=credential.ApiKey(key), deadline_seconds=60)
        assert report.ok, report
        page = get(through).text
        assert f"{URL}mcp" in page
        assert direct not in page

        # Around it nobody, with a key or a guess; through it a guess is no harm.
        refuse_who_goes_around(direct, key)
        forged = get(f"{through}health", headers={HEADER: "guess"})
        assert forged.status_code == httpx.codes.OK

        with chromium() as browser:
            use_from_a_page(browser, web_page, through, direct, key)

        # The candidate has its own door, IAM's.
        assert get(f"{outputs['candidate_url']}health").status_code == FORBIDDEN
        signed = credential.SigV4(local_aws_client.credentials(aws.environment), aws.region)
        report = smoke.smoke(outputs["candidate_url"], credential=signed, deadline_seconds=60)
        assert report.ok, report

        # The old secret is good until it is ended.
        old, new = rotate_while_asked(places, through, key)
        assert get(f"{direct}health", headers={HEADER: old}).status_code == httpx.codes.OK

    # Neither is anywhere but in the store, and a second plan has nothing to change.
    monkeypatch.setenv("TF_DATA_DIR", behind_domain.terraform.work_dir)
    written = written_down(aws, outputs, behind_domain.terraform, tmp_path)
    written["distribution"] = json.dumps(edge.config, default=str)
    assert {name for name, text in written.items() if old in text or new in text} == set()

    # Taking the domain away is stopped, each part of it by name.
    monkeypatch.delenv("TF_VAR_domain_name")
    monkeypatch.delenv("TF_VAR_domain_zone_id")
    without = tmp_path / "without.tfplan"
    run_terraform(behind_domain.terraform, "plan", "-refresh=false", f"-out={without}")
    verdict = judge(read_plan(without, root=ROOT, variables=os.environ))
    stopped = {finding.address for finding in verdict.stops}
    assert {f"module.custom_domain[0].{name}" for name in THE_DOMAIN} <= stopped
    assert "module.lambda.aws_lambda_function.this" in stopped
    monkeypatch.setenv("TF_VAR_domain_name", NAME)
    monkeypatch.setenv("TF_VAR_domain_zone_id", zone)
    Cli(ROOT, Path(behind_domain.terraform.state_path)).destroy()
