"""API keys are made, rotated and revoked in a real parameter, and nothing but hashes stays."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Iterator
from copy import replace
from typing import TYPE_CHECKING, Any

import pytest

from mesh.cli import run
from mesh.credentials import api_keys
from mesh.credentials.api_keys import Limits, Parameter
from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.runtime.access.api_keys import digest
from mesh.stack import local_aws_client

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Local AWS of this module's own, on free ports."""
    folder = tmp_path_factory.mktemp("keys")
    running = process.start(folder / "aws", log=folder / "local-aws.log")
    yield running
    process.stop(folder / "aws")


@pytest.fixture
def parameter(aws: Running) -> Parameter:
    """A parameter as Terraform makes it: a SecureString with a placeholder."""
    client = local_aws_client.ssm(aws.environment)
    name = f"/tested/{uuid.uuid4().hex}/api-keys"
    client.put_parameter(Name=name, Value="{}", Type="SecureString")
    return Parameter(client, name)


def stored(parameter: Parameter) -> str:
    found = parameter.client.get_parameter(Name=parameter.name, WithDecryption=True)
    return found["Parameter"]["Value"]


class Beside:
    """An SSM client beside which somebody else writes, once, just before we do."""

    def __init__(self, client: SSMClient, document: str) -> None:
        self.client = client
        self.document: str | None = document

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def put_parameter(self, **request: Any) -> Any:
        document, self.document = self.document, None
        if document is not None:
            self.client.put_parameter(**{**request, "Value": document})
        return self.client.put_parameter(**request)


def document(*names: str) -> str:
    entry = {"sha256": "0" * 64, "last4": "aaaa", "created": "2026-01-01T00:00:00Z"}
    return json.dumps({"keys": [{"name": name, **entry} for name in names]})


def test_only_the_hash_of_a_key_is_stored(parameter: Parameter) -> None:
    key = api_keys.create(parameter, "ci")
    assert key.startswith("mesh_")
    assert len(key) == 48
    assert key not in stored(parameter)
    (known,) = api_keys.current(parameter)
    assert (known.name, known.sha256, known.last4) == ("ci", digest(key), key[-4:])
    described = parameter.client.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [parameter.name]}]
    )
    assert described["Parameters"][0]["Type"] == "SecureString"


def test_a_key_is_rotated_through_two_of_one_name(parameter: Parameter) -> None:
    first = api_keys.create(parameter, "ci")
    other = api_keys.create(parameter, "laptop")
    second = api_keys.create(parameter, "ci")
    with pytest.raises(CommandFailedError, match="ci has 2 keys already"):
        api_keys.create(parameter, "ci")
    with pytest.raises(CommandFailedError, match="--last4 or --oldest"):
        api_keys.revoke(parameter, "ci")
    (revoked,) = api_keys.revoke(parameter, "ci", oldest=True)
    assert revoked.sha256 == digest(first)
    left = {key.sha256 for key in api_keys.current(parameter)}
    assert left == {digest(other), digest(second)}


def test_one_of_two_is_revoked_by_its_last_characters(parameter: Parameter) -> None:
    api_keys.create(parameter, "ci")
    second = api_keys.create(parameter, "ci")
    (revoked,) = api_keys.revoke(parameter, "ci", last4=second[-4:])
    assert revoked.sha256 == digest(second)


def test_an_unknown_name_is_answered_with_those_there_are(parameter: Parameter) -> None:
    api_keys.create(parameter, "laptop")
    with pytest.raises(CommandFailedError, match=r"no key ci .*: laptop"):
        api_keys.revoke(parameter, "ci")


@pytest.mark.parametrize("name", ["", "with space", "-dash", "x" * 65, "ümlaut"])
def test_a_name_that_does_not_fit_is_refused(parameter: Parameter, name: str) -> None:
    with pytest.raises(CommandFailedError, match="no name for a key"):
        api_keys.create(parameter, name)
    assert stored(parameter) == "{}"


def fill(parameter: Parameter) -> None:
    for number in range(100):
        api_keys.create(parameter, f"client-{number}")


def test_a_full_parameter_says_so_and_stays_as_it_was(parameter: Parameter) -> None:
    with pytest.raises(CommandFailedError, match=r"4096\. Revoke"):
        fill(parameter)
    kept = api_keys.current(parameter)
    assert len(kept) >= 20
    assert len(stored(parameter).encode()) <= 4096
    api_keys.revoke(parameter, "client-7")
    api_keys.create(parameter, "client-7")


def test_an_advanced_parameter_has_twice_the_room_and_stays_advanced(parameter: Parameter) -> None:
    with pytest.raises(CommandFailedError, match=r"With --advanced it may hold 8192"):
        fill(parameter)
    kept = len(api_keys.current(parameter))
    api_keys.create(replace(parameter, advanced=True), "one-more")
    described = parameter.client.describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": [parameter.name]}]
    )
    assert described["Parameters"][0]["Tier"] == "Advanced"
    api_keys.create(parameter, "and-another")
    assert len(api_keys.current(parameter)) == kept + 2


@pytest.mark.promise("keys are named, expire and rotate")
def test_a_rotated_key_has_a_successor_of_the_same_limits_and_ends(parameter: Parameter) -> None:
    limits = Limits(
        dt.timedelta(days=90), ("search_knowledge",), 60, ("documents:handbook", "tickets")
    )
    first = api_keys.create(parameter, "ci", limits)
    second, ending = api_keys.rotate(parameter, "ci", grace=dt.timedelta(hours=1))
    old, new = api_keys.current(parameter)
    assert (old.sha256, new.sha256) == (digest(first), digest(second))
    assert old == ending
    assert (new.tools, new.rate_per_minute) == (("search_knowledge",), 60)
    assert new.sources == old.sources == ("documents:handbook", "tickets")
    now = time.time()
    assert not old.expired(now)
    assert old.expired(now + 3601)
    assert not new.expired(now + 89 * 86400)
    assert new.expired(now + 91 * 86400)
    with pytest.raises(CommandFailedError, match="ci has 2 keys already"):
        api_keys.rotate(parameter, "ci", grace=dt.timedelta(0))


def test_rotation_never_lengthens_the_old_keys_life(parameter: Parameter) -> None:
    api_keys.create(parameter, "ci", Limits(dt.timedelta(minutes=5)))
    (before,) = api_keys.current(parameter)
    _, ending = api_keys.rotate(parameter, "ci", grace=dt.timedelta(days=1))
    assert ending.expires == before.expires


def test_what_has_expired_makes_room_with_the_next_change(parameter: Parameter) -> None:
    api_keys.create(parameter, "ci")
    api_keys.rotate(parameter, "ci", grace=dt.timedelta(0))
    _, second = api_keys.current(parameter)
    api_keys.rotate(parameter, "ci", grace=dt.timedelta(hours=1))
    kept, _ = api_keys.current(parameter)
    assert kept.sha256 == second.sha256


def test_rotating_what_is_not_there_names_what_is(parameter: Parameter) -> None:
    api_keys.create(parameter, "laptop")
    with pytest.raises(CommandFailedError, match=r"no key ci .*: laptop"):
        api_keys.rotate(parameter, "ci", grace=dt.timedelta(0))


def test_two_who_write_at_once_both_keep_their_key(parameter: Parameter) -> None:
    theirs: Any = Beside(parameter.client, document("theirs"))
    api_keys.create(Parameter(theirs, parameter.name), "ours")
    assert [key.name for key in api_keys.current(parameter)] == ["theirs", "ours"]


def test_a_change_that_no_longer_fits_gives_way_to_theirs(parameter: Parameter) -> None:
    theirs: Any = Beside(parameter.client, document("ci", "ci"))
    with pytest.raises(CommandFailedError, match="ci has 2 keys already"):
        api_keys.create(Parameter(theirs, parameter.name), "ci")
    assert [key.name for key in api_keys.current(parameter)] == ["ci", "ci"]


def test_a_parameter_that_is_not_there_says_who_makes_it(aws: Running) -> None:
    missing = Parameter(local_aws_client.ssm(aws.environment), "/tested/nowhere")
    with pytest.raises(CommandFailedError, match=r"no parameter /tested/nowhere.*terraform apply"):
        api_keys.current(missing)


def test_something_else_in_the_parameter_is_left_alone(parameter: Parameter) -> None:
    parameter.client.put_parameter(
        Name=parameter.name, Value="a secret", Type="SecureString", Overwrite=True
    )
    with pytest.raises(CommandFailedError) as failure:
        api_keys.create(parameter, "ci")
    assert "a secret" not in str(failure.value)
    assert stored(parameter) == "a secret"


def test_the_command_prints_the_key_alone_on_standard_output(
    aws: Running,
    parameter: Parameter,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    keys = ["keys", "--parameter", parameter.name]
    assert run([*keys, "create", "ci"]) == 0
    said = capsys.readouterr()
    key = said.out.strip()
    assert {known.sha256 for known in api_keys.current(parameter)} == {digest(key)}
    assert parameter.name in said.err
    assert run([*keys, "list"]) == 0
    assert capsys.readouterr().out.startswith(f"ci  ...{key[-4:]}  20")
    assert run([*keys, "list", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert set(listed) == {"name", "last4", "created"}
    limits = ["--expires-in", "90d", "--tool", "search_knowledge", "--rate", "60/min"]
    assert run([*keys, "create", "agent", *limits]) == 0
    assert run([*keys, "rotate", "agent", "--grace", "0m"]) == 0
    said = capsys.readouterr()
    assert [len(line) for line in said.out.splitlines()] == [48, 48]
    assert "is valid until" in said.err
    assert run([*keys, "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "EXPIRED 20" in lines[1]
    assert "expires 20" in lines[2]
    assert lines[2].endswith("60/min  only search_knowledge")
    for wrong in (["--expires-in", "soon"], ["--rate", "0"]):
        assert run([*keys, "create", "other", *wrong]) == 2
        assert wrong[1] in capsys.readouterr().err
    assert run([*keys, "revoke", "agent"]) == 0
    assert run([*keys, "revoke", "ci"]) == 0
    assert run([*keys, "revoke", "ci"]) == 1
    assert run([*keys, "list"]) == 0
    assert "no keys" in capsys.readouterr().out
