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
from mesh.credentials import deployed_parameters, stored_secrets
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.stack import local_aws_client, terraform_run
from mesh.stack.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

NAMES = ("OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN")
OWN_NAMES = ("MAIL_KEY", "WEATHER_API_KEY")
KEY_FILE = "-----BEGIN KEY-----\n  bGluZXMgYW5kIHNwYWNlcw==\n\n-----END KEY-----"
OPENAI_KEY = "sk-proj-0123456789-tested-abcd"


def jwt(role: str) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"role": role}).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJFUzI1NiJ9.{claims}.c2lnbmF0dXJl"


def parameter_of(name: str) -> str:
    """What Terraform calls it."""
    return name.lower().replace("_", "-")


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
    for name in (*NAMES, *OWN_NAMES):
        client.put_parameter(
            Name=f"{begin}/{parameter_of(name)}",
            Value="{}",
            Type="SecureString",
            Description="Secret of a server; written by `mesh secrets`",
        )
    client.put_parameter(
        Name=f"{begin}/api-keys",
        Value="{}",
        Type="SecureString",
        Description="API keys of a server, as hashes; written by `mesh keys`",
    )
    return begin


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch):
    """Sets what arrives on standard input."""

    def arrive(text: str | bytes) -> None:
        given = text.encode() if isinstance(text, str) else text
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))

    return arrive


def stored(client: SSMClient, name: str) -> str:
    return client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]


def test_a_secret_is_read_from_standard_input_and_stored_encrypted(client, path, typed, capsys):
    typed(f"{OPENAI_KEY}\n")
    assert run(["secrets", "--path", path, "set", "OPENAI_API_KEY"]) == 0

    assert stored(client, f"{path}/openai-api-key") == OPENAI_KEY
    described = client.get_parameter(Name=f"{path}/openai-api-key")["Parameter"]
    assert described["Type"] == "SecureString"
    said = capsys.readouterr()
    assert OPENAI_KEY not in said.out + said.err


def test_the_list_tells_what_is_set_and_never_the_value(path, typed, capsys):
    typed(OPENAI_KEY)
    run(["secrets", "--path", path, "set", "OPENAI_API_KEY"])
    assert run(["secrets", "--path", path, "list"]) == 0

    said = capsys.readouterr().out
    (line,) = (line for line in said.splitlines() if line.startswith("OPENAI_API_KEY"))
    assert line.split()[:3] == ["OPENAI_API_KEY", "set,", "...abcd"]
    assert said.count("not set") == len(NAMES) + len(OWN_NAMES) - 1
    assert OPENAI_KEY[:-4] not in said


def test_the_list_is_there_for_programs_too(path, typed, capsys):
    typed(jwt("mesh_server"))
    run(["secrets", "--path", path, "set", "SUPABASE_TOKEN"])
    assert run(["secrets", "--path", path, "list", "--json"]) == 0

    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert tuple(found) == tuple(sorted((*OWN_NAMES, *NAMES)))
    assert found["SUPABASE_TOKEN"]["set"] is True
    assert found["SUPABASE_TOKEN"]["last4"] == jwt("mesh_server")[-4:]
    assert found["SUPABASE_KEY"]["set"] is False
    assert found["SUPABASE_KEY"]["last4"] is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("SUPABASE_KEY", "sb_secret_0123456789", "holds a service key"),
        ("SUPABASE_TOKEN", jwt("service_role"), "holds a service key"),
        ("SUPABASE_TOKEN", "sb_publishable_0123456789", "no token of the role mesh_server"),
        ("OPENAI_API_KEY", " \n", "nothing was given"),
        ("OPENAI_API_KEY", "{}", "nothing was given"),
        ("OPENAI_API_KEY", "sk-one\nsk-two", "line ends"),
        ("OPENAI_API_KEY", "x" * 4097, "at most 4096"),
        ("MAIL_KEY", " \n", "nothing was given"),
        ("MAIL_KEY", "{}\n", "nothing was given"),
        ("MAIL_KEY", "ä" * 2049, "at most 4096 bytes, and 4098 were given"),
        ("MAIL_KEY", "one {{\n}} two", "takes no value with {{...}} in it"),
        ("MAIL_KEY", b"\xff\xfe\x00", "no UTF-8 text"),
    ],
)
def test_what_cannot_be_the_secret_is_not_stored(client, path, typed, capsys, name, value, message):
    typed(value)
    assert run(["secrets", "--path", path, "set", name]) == 1

    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
    assert isinstance(value, bytes) or value.strip() in {"", "{}"} or value not in said
    assert stored(client, f"{path}/{parameter_of(name)}") == "{}"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"{KEY_FILE}\n", KEY_FILE),
        (" two words \r\n", " two words "),
        ("päßwörd ☂", "päßwörd ☂"),
        ('{"user": "ada", "password": "x"}', '{"user": "ada", "password": "x"}'),
    ],
)
def test_a_server_s_own_secret_is_any_text(client, path, typed, capsys, given, kept):
    typed(given)
    assert run(["secrets", "--path", path, "set", "MAIL_KEY"]) == 0

    assert stored(client, f"{path}/mail-key") == kept
    assert stored(client, f"{path}/weather-api-key") == "{}"

    assert run(["secrets", "--path", path, "list"]) == 0
    said = capsys.readouterr()
    (line,) = (line for line in said.out.splitlines() if line.startswith("MAIL_KEY"))
    assert line.split()[1].rstrip(",") == "set"
    assert "not set yet: OPENAI_API_KEY, SUPABASE_KEY, SUPABASE_TOKEN, WEATHER_API_KEY" in said.err
    assert not any(part in said.out + said.err for part in (kept, "BEGIN", "words", "päß", "ada"))


def test_a_key_file_shows_nothing_of_itself(client, path, typed, capsys):
    typed(KEY_FILE)
    run(["secrets", "--path", path, "set", "MAIL_KEY"])
    run(["secrets", "--path", path, "list", "--json"])

    (found,) = (one for one in json.loads(capsys.readouterr().out) if one["name"] == "MAIL_KEY")
    assert found["set"] is True
    assert found["last4"] is None


def test_a_parameter_of_the_advanced_tier_holds_more_and_stays_one(client, path, typed):
    name = f"{path}/mail-key"
    client.put_parameter(
        Name=name, Value="{}", Type="SecureString", Tier="Advanced", Overwrite=True
    )
    typed("x" * 5000)
    assert run(["secrets", "--path", path, "set", "MAIL_KEY"]) == 0

    assert len(stored(client, name)) == 5000
    (described,) = client.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])[
        "Parameters"
    ]
    assert described["Tier"] == "Advanced"


@pytest.mark.parametrize("local", [True, False])
def test_names_come_from_the_outputs_of_the_deployment(
    aws, client, path, typed, capsys, monkeypatch, tmp_path, local
):
    outputs = {
        "secrets": {
            "SUPABASE_KEY": f"{path}/supabase-key",
            "WEATHER_API_KEY": f"{path}/weather-api-key",
        },
    }
    here = Stack(tmp_path)
    monkeypatch.setattr(deployed_parameters, "current_stack", lambda: here)
    monkeypatch.setattr(Stack, "read_outputs", lambda _: outputs if local else {})
    monkeypatch.setattr(process, "find", lambda _: aws if local else None)
    monkeypatch.setattr(terraform_run, "read_outputs", lambda **_: outputs)

    typed("sunny")
    assert run(["secrets", "set", "WEATHER_API_KEY"]) == 0
    assert stored(client, f"{path}/weather-api-key") == "sunny"
    capsys.readouterr()

    assert run(["secrets", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        "SUPABASE_KEY",
        "WEATHER_API_KEY",
    ]

    # Terraform takes no two names that differ in case alone.
    typed("rainy")
    assert run(["secrets", "set", "weather-api-key"]) == 0
    assert stored(client, f"{path}/weather-api-key") == "rainy"


def test_a_name_that_there_is_not_is_not_shown_for_it_may_be_the_secret(path, typed, capsys):
    typed("x")
    assert run(["secrets", "--path", path, "set", OPENAI_KEY]) == 1

    said = capsys.readouterr()
    assert OPENAI_KEY not in said.out + said.err
    assert (
        "there are MAIL_KEY, OPENAI_API_KEY, SUPABASE_KEY, SUPABASE_TOKEN, WEATHER_API_KEY"
        in said.err
    )


def test_parameters_of_other_commands_are_not_written(client, path, typed, capsys):
    typed("x")
    assert run(["secrets", "--path", path, "set", "api-keys"]) == 1

    assert "there is no secret of this name" in capsys.readouterr().err
    assert stored(client, f"{path}/api-keys") == "{}"


def test_a_parameter_that_terraform_has_not_made_is_not_made_here(client, typed, capsys):
    begin = f"/tested/{uuid.uuid4().hex}"
    typed(OPENAI_KEY)
    assert run(["secrets", "--path", begin, "set", "OPENAI_API_KEY"]) == 1

    said = capsys.readouterr().err
    assert "there are none. Add the secret's name to Terraform's variable secrets" in said
    with pytest.raises(client.exceptions.ParameterNotFound):
        client.get_parameter(Name=f"{begin}/openai-api-key")


def test_a_parameter_that_is_gone_is_named(client, capsys, typed, monkeypatch):
    gone = f"/tested/{uuid.uuid4().hex}/mail-key"
    monkeypatch.setattr(stored_secrets, "below", lambda *_: {"MAIL_KEY": gone})
    for command in ("set", "MAIL_KEY"), ("list",):
        typed("x")
        assert run(["secrets", "--path", "/tested", *command]) == 1
        assert f"there is no parameter {gone}" in capsys.readouterr().err


def test_a_deployment_without_secrets_lists_none(client, capsys):
    begin = f"/tested/{uuid.uuid4().hex}"
    assert run(["secrets", "--path", begin, "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []

    assert run(["secrets", "--path", begin, "list"]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "there are no secrets. Add the secret's name" in said.err


@pytest.mark.parametrize(
    "given", [[OPENAI_KEY], ["--value", OPENAI_KEY], [f"--value={OPENAI_KEY}"]]
)
def test_a_secret_is_no_argument_and_is_not_shown(client, path, capsys, given):
    assert run(["secrets", "--path", path, "set", "OPENAI_API_KEY", *given]) == 2

    said = capsys.readouterr()
    assert OPENAI_KEY not in said.out + said.err
    assert "its value is read from standard input" in said.err
    assert stored(client, f"{path}/openai-api-key") == "{}"
