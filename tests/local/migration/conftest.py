"""A local AWS with IAM enforced, and services on ECS in it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh.cli import run
from mesh.local_aws.process import Running, start, stop
from tests.fixtures.deployed import client


@pytest.fixture(scope="session")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local AWS where policies count; the environment's own key may do everything."""
    folder = tmp_path_factory.mktemp("migration")
    yield start(
        folder / "aws",
        endpoint_port=0,
        url_ports="0",
        log=folder / "aws.log",
        enforce_iam=True,
    )
    stop(folder / "aws")


@pytest.fixture
def aws_here(enforcing: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """This process's credentials lead to that AWS."""
    for name, value in enforcing.environment.items():
        monkeypatch.setenv(name, value)
    return enforcing


@pytest.fixture
def as_user(aws_here: Running, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes this process a user with certain rights."""

    def become(*actions: str) -> None:
        iam, name = client(aws_here, "iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}],
        }
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    return become


@pytest.fixture
def migrated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[dict[str, Any], Path, str]]:
    """Runs `mesh migrate`; gives the report, the folder and what was printed."""

    def ran(name: str, *arguments: str, cluster: str | None = None) -> Any:
        folder = tmp_path / "out"
        asked = ["migrate", "--cluster", cluster or name, "--service", name]
        assert run([*asked, "--output", str(folder), *arguments]) == 0
        seen = capsys.readouterr()
        return json.loads((folder / "report.json").read_text()), folder, seen.out + seen.err

    return ran
