"""Systems Manager is asked where botocore would ask it, in every region and partition."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.loaders import Loader

from mesh.runtime.aws import aws_endpoint, parameter_store

PARTITIONS: list[Any] = Loader().load_data("partitions")["partitions"]
# Made-up ones too: botocore places a region that it does not know by its name.
REGIONS = [
    region
    for partition in PARTITIONS
    for region in [*partition["regions"], f"{partition['outputs']['implicitGlobalRegion'][:-1]}9"]
    # No function runs in those.
    if not region.endswith("-global")
]
VARIABLES = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSM", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


@pytest.fixture(scope="module")
def rules() -> EndpointProvider:
    """botocore's rules for Systems Manager."""
    loader = Loader()
    ruleset = loader.load_service_model("ssm", "endpoint-rule-set-1")
    return EndpointProvider(ruleset, loader.load_data("partitions"))


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    return botocore.session.get_session()


def asked_by(session: botocore.session.Session, region: str) -> tuple[str, str]:
    """Address and signature's scope of a request that botocore would send."""
    client: Any = session.create_client("ssm", region_name=region)
    sent: list[Any] = []

    def caught(request: Any, **_: Any) -> Any:
        sent.append(request)
        raise ConnectionAbortedError

    client.meta.events.register("before-send.ssm", caught)
    with pytest.raises(ConnectionAbortedError):
        client.get_parameter(Name="/p")
    (request,) = sent
    scope = request.headers["Authorization"].decode().split("Credential=test/")[1].split(",")[0]
    return request.url.rstrip("/"), scope.split("/", 1)[1]


def test_every_partition_is_compared() -> None:
    names = {partition["id"] for partition in PARTITIONS}
    assert names >= {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"}
    assert len(REGIONS) > 40


@pytest.mark.parametrize("dual_stack", [False, True], ids=["IPv4", "dual-stack"])
@pytest.mark.parametrize("fips", [False, True], ids=["usual", "FIPS"])
def test_each_region_is_asked_where_botocore_asks_it(rules, monkeypatch, fips, dual_stack) -> None:
    for name, on in zip(VARIABLES, (fips, dual_stack), strict=True):
        monkeypatch.setenv(name, str(on).lower())
    for region in REGIONS:
        options = {"Region": region, "UseFIPS": fips, "UseDualStack": dual_stack}
        assert aws_endpoint.ssm(region) == rules.resolve_endpoint(**options).url


@pytest.mark.parametrize("said", ["true", "True", "TRUE", "false", "0", "1", "yes", ""])
def test_a_switch_is_on_as_botocore_understands_it(session, said, monkeypatch) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, said)
    assert aws_endpoint.ssm("eu-west-1") == asked_by(session, "eu-west-1")[0]


def test_an_address_of_ones_own_comes_first(monkeypatch) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert aws_endpoint.ssm("cn-north-1") == "http://127.0.0.1:1"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:2")
    assert aws_endpoint.ssm("cn-north-1") == "http://127.0.0.1:2"


@pytest.mark.parametrize("partition", PARTITIONS, ids=lambda partition: partition["id"])
def test_a_parameter_is_asked_for_there_and_signed_for_there(
    session, partition, monkeypatch
) -> None:
    sent: list[tuple[str, dict[str, str]]] = []

    def post(url: str, headers: dict[str, str], _body: bytes, _timeout: float) -> Any:
        sent.append((url, headers))
        return 200, json.dumps({"Parameter": {"Value": "v"}}).encode()

    region = partition["outputs"]["implicitGlobalRegion"]
    monkeypatch.setattr(parameter_store, "post", post)
    monkeypatch.setenv("AWS_REGION", region)
    assert parameter_store.get_parameter("/p") == "v"
    ((url, headers),) = sent
    address, scope = asked_by(session, region)
    assert url == address
    assert headers["host"] == address.removeprefix("https://")
    assert f"/{scope}," in headers["authorization"]
