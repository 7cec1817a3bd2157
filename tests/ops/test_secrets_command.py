"""Secrets go into a real parameter from standard input, and come out of it nowhere."""

from __future__ import annotations

import base64
import io
import json
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from mesh.cli import run
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.stack import local_aws_client

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAMES = ("openai-api-key", "supabase-key", "supabase-token")
OPENAI_KEY = "sk-proj-0123456789-tested-abcd"


def jwt(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJFUzI1NiJ9.{claims}.c2lnbmF0dXJl"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Local AWS of this module's own, on free ports."""
    folder = tmp_path_factory.mktemp("secrets")
    running = process.start(folder / "aws", log=folder / "local-aws.log")
    yield running
    process.stop(folder / "aws")


@pytest.fixture
def client(aws: Running, monkeypatch: pytest.MonkeyPatch) -> SSMClient:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return local_aws_client.ssm(aws.environment)


@pytest.fixture
def path(client: SSMClient) -> str:
    """Parameters as Terraform makes them: SecureStrings with a placeholder."""
    begin = f"/tested/{uuid.uuid4().hex}"
    for name in NAMES:
        client.put_parameter(Name=f"{begin}/{name}", Value="{}", Type="SecureString")
    return begin


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Sets what arrives on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def stored(client: SSMClient, name: str) -> str:
    return client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def test_a_secret_is_read_from_standard_input_and_stored_encrypted(client, path, typed, capsys):
    typed(f"{OPENAI_KEY}\n")
    assert run(["secrets", "--path", path, "set", "openai-api-key"]) == 0

    assert stored(client, f"{path}/openai-api-key") == OPENAI_KEY
    described = client.get_parameter(Name=f"{path}/openai-api-key")["Parameter"]
    assert described["Type"] == "SecureString"
    said = capsys.readouterr()
    assert OPENAI_KEY not in said.out + said.err


def test_the_list_tells_what_is_set_and_never_the_value(path, typed, capsys):
    typed(OPENAI_KEY)
    run(["secrets", "--path", path, "set", "openai-api-key"])
    assert run(["secrets", "--path", path, "list"]) == 0

    said = capsys.readouterr().out
    first, *others = said.splitlines()
    assert first.split()[:3] == ["openai-api-key", "set,", "...abcd"]
    assert all("not set" in line for line in others)
    assert OPENAI_KEY[:-4] not in said


def test_the_list_is_there_for_programs_too(path, typed, capsys):
    typed(jwt("mesh_server"))
    run(["secrets", "--path", path, "set", "supabase-token"])
    assert run(["secrets", "--path", path, "list", "--json"]) == 0

    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert tuple(found) == NAMES
    assert found["supabase-token"]["set"] is True
    assert found["supabase-token"]["last4"] == jwt("mesh_server")[-4:]
    assert found["supabase-key"]["set"] is False
    assert found["supabase-key"]["last4"] is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("supabase-key", "sb_secret_0123456789", "holds a service key"),
        ("supabase-token", jwt("service_role"), "holds a service key"),
        ("supabase-token", "sb_publishable_0123456789", "no token of the role mesh_server"),
        ("openai-api-key", " \n", "nothing was given"),
        ("openai-api-key", "{}", "nothing was given"),
        ("openai-api-key", "sk-one\nsk-two", "line ends"),
        ("openai-api-key", "x" * 4097, "at most 4096"),
    ],
)
def test_what_cannot_be_the_secret_is_not_stored(client, path, typed, capsys, name, value, message):
    typed(value)
    assert run(["secrets", "--path", path, "set", name]) == 1

    said = capsys.readouterr().err
    assert message in said
    assert value.strip() in {"", "{}"} or value not in said
    assert stored(client, f"{path}/{name}") == "{}"


def test_a_parameter_that_terraform_has_not_made_is_not_made_here(client, typed, capsys):
    begin = f"/tested/{uuid.uuid4().hex}"
    typed(OPENAI_KEY)
    assert run(["secrets", "--path", begin, "set", "openai-api-key"]) == 1

    assert "`terraform apply` with backend = supabase makes it" in capsys.readouterr().err
    with pytest.raises(client.exceptions.ParameterNotFound):
        client.get_parameter(Name=f"{begin}/openai-api-key")


def test_a_secret_is_no_argument(path, capsys):
    assert run(["secrets", "--path", path, "set", "openai-api-key", OPENAI_KEY]) != 0
