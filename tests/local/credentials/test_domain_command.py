"""The origin secret is in a real key value store, its hash in a real parameter, else nowhere."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from copy import replace
from typing import Any

import pytest

from mesh.cli import run
from mesh.credentials import deployed_parameters, origin_secret
from mesh.credentials.deployed_parameters import Deployed
from mesh.credentials.origin_secret import EDGES_SECONDS, KEY, Places
from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.local_aws.process import Running
from mesh.runtime.domain.origin_secret import OriginSecrets, StoredSecret, digest
from mesh.stack import local_aws_client

URL = "https://mesh.example.com/"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Local AWS of this module's own, on free ports."""
    folder = tmp_path_factory.mktemp("domain")
    running = process.start(folder / "aws", log=folder / "local-aws.log")
    yield running
    process.stop(folder / "aws")


@pytest.fixture
def places(aws: Running) -> Places:
    """A parameter and a key value store as Terraform makes them."""
    name = f"tested-{uuid.uuid4().hex[:12]}"
    ssm = local_aws_client.ssm(aws.environment)
    ssm.put_parameter(Name=f"/{name}/origin-secret", Value="{}", Type="SecureString")
    cloudfront = local_aws_client.client("cloudfront", aws.environment)
    made = cloudfront.create_key_value_store(Name=name)["KeyValueStore"]
    return Places(
        ssm=ssm,
        parameter=f"/{name}/origin-secret",
        store=local_aws_client.key_values(aws.environment),
        store_arn=made["ARN"],
        ttl_seconds=60,
    )


@pytest.fixture
def mesh(aws: Running, places: Places, monkeypatch: pytest.MonkeyPatch):
    """Runs `mesh domain ...` for a deployment that has these places."""
    outputs = {
        "url": URL,
        "distribution_id": "E1",
        "key_value_store_arn": places.store_arn,
        "origin_secret_parameter": places.parameter,
        "secrets_ttl_seconds": 0,
    }

    def found(
        output: str, _region: str | None, *, remedy: str, environment: str | None
    ) -> Deployed:
        assert environment is None
        assert output == "domain"
        assert "domain_name" in remedy
        return Deployed(places.ssm, outputs, "tests", aws.environment)

    monkeypatch.setattr(deployed_parameters, "find", found)
    return lambda *arguments: run(["domain", *arguments])


def hashes(places: Places) -> str:
    return places.ssm.get_parameter(Name=places.parameter, WithDecryption=True)["Parameter"][
        "Value"
    ]


def sent(places: Places) -> str:
    return places.store.get_key(KvsARN=places.store_arn, Key=KEY)["Value"]


def accepts(places: Places, value: str) -> bool:
    """What an instance that has just started says of a value."""
    secrets = OriginSecrets(lambda: hashes(places), source="p", ttl_seconds=60)
    return secrets.accepts(value)


def older(places: Places) -> None:
    """Make the stored secrets look as if they had been made before the edges took them."""
    then = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=EDGES_SECONDS + 1)
    document = json.loads(hashes(places))
    for one in document["secrets"]:
        one["created"] = then.isoformat()
    places.ssm.put_parameter(Name=places.parameter, Value=json.dumps(document), Overwrite=True)


def test_the_first_secret_is_sent_and_accepted_and_only_its_hash_is_in_the_parameter(
    places: Places, mesh: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mesh("rotate") == 0

    value = sent(places)
    assert len(value) > 50
    assert accepts(places, value)
    assert value not in hashes(places)
    assert digest(value) in hashes(places)
    kept = places.ssm.get_parameter(Name=places.parameter)["Parameter"]
    assert kept["Type"] == "SecureString"
    said = capsys.readouterr()
    assert value not in said.out + said.err
    assert "are let through" in said.out


def test_the_server_knows_a_new_value_before_cloudfront_sends_it(places: Places) -> None:
    origin_secret.rotate(places)
    before = sent(places)
    meanwhile: list[float] = []

    def sleep(seconds: float) -> None:
        meanwhile.append(seconds)
        # Both are accepted already, and requests still come with the old one.
        assert len(json.loads(hashes(places))["secrets"]) == 2
        assert sent(places) == before

    state = origin_secret.rotate(places, sleep=sleep)

    assert meanwhile == [61]
    assert sent(places) != before
    assert accepts(places, before)
    assert accepts(places, sent(places))
    assert [one.sha256 for one in state.accepted] == [digest(before), digest(sent(places))]


def test_the_one_before_the_last_ends_with_the_next_rotation(places: Places) -> None:
    values = []
    for _ in range(3):
        origin_secret.rotate(places, sleep=lambda _: None)
        values.append(sent(places))
    assert [accepts(places, value) for value in values] == [False, True, True]


def test_a_rotation_that_was_ended_while_it_waited_can_be_run_again(places: Places) -> None:
    origin_secret.rotate(places)
    working = sent(places)

    def ended(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        origin_secret.rotate(places, sleep=ended)
    assert origin_secret.look(places).works

    origin_secret.rotate(places, sleep=lambda _: None)
    assert accepts(places, working)
    assert accepts(places, sent(places))
    assert len(json.loads(hashes(places))["secrets"]) == 2


def test_what_has_leaked_is_ended_once_every_edge_has_the_new_one(
    places: Places, mesh: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    mesh("rotate")
    leaked = sent(places)
    mesh("rotate")
    assert mesh("retire") == 1
    assert "may still send the old one" in capsys.readouterr().err
    assert accepts(places, leaked)

    older(places)
    assert mesh("retire") == 0
    assert not accepts(places, leaked)
    assert accepts(places, sent(places))
    assert mesh("retire") == 0
    assert "nothing to end" in capsys.readouterr().out


def test_nothing_is_ended_while_cloudfront_sends_what_is_not_accepted(places: Places) -> None:
    with pytest.raises(CommandFailedError, match="mesh domain rotate"):
        origin_secret.retire(places)


def test_the_status_says_what_is_wrong_and_what_to_run(
    places: Places, mesh: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mesh("status") == 1
    assert "no secret yet" in capsys.readouterr().err
    mesh("rotate")
    assert mesh("status") == 0
    places.ssm.put_parameter(Name=places.parameter, Value='{"secrets": []}', Overwrite=True)
    capsys.readouterr()
    assert mesh("status") == 1
    assert "does not accept" in capsys.readouterr().err


def test_two_who_rotate_at_one_time_are_told(places: Places) -> None:
    origin_secret.rotate(places)

    def somebody_else(_seconds: float) -> None:
        other = json.dumps({"secrets": [{"sha256": digest("other"), "created": "2026"}]})
        places.ssm.put_parameter(Name=places.parameter, Value=other, Overwrite=True)

    with pytest.raises(CommandFailedError, match="run this again"):
        origin_secret.rotate(places, sleep=somebody_else)
    origin_secret.rotate(places, sleep=lambda _: None)
    assert origin_secret.look(places).works


def test_a_place_that_is_not_there_is_named(places: Places) -> None:
    with pytest.raises(CommandFailedError, match="ParameterNotFound"):
        origin_secret.look(replace(places, parameter="/nowhere/origin-secret"))
    nowhere = places.store_arn.rpartition("/")[0] + "/nowhere"
    with pytest.raises(CommandFailedError, match="key-value-store/nowhere"):
        origin_secret.look(replace(places, store_arn=nowhere))


def test_a_parameter_with_something_else_in_it_is_not_overwritten(places: Places) -> None:
    places.ssm.put_parameter(Name=places.parameter, Value="something else", Overwrite=True)
    with pytest.raises(CommandFailedError, match="not a document"):
        origin_secret.rotate(places)
    assert hashes(places) == "something else"


def test_a_stored_secret_says_when_it_was_made(places: Places) -> None:
    state = origin_secret.rotate(places)
    assert isinstance(state.sent, StoredSecret)
    assert dt.datetime.fromisoformat(state.sent.created).tzinfo is not None
