"""Bootstrap for people who deploy by hand, and later for a repository, on a local AWS."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from mesh.cli import run
from mesh.stack import environments
from tests.acceptance.terraform.local_account import Account, open_account

BUCKET = "aoma-mesh-state-000000000000"
SUBJECT = "repo:my-company/aoma-mesh:environment:staging"
ROLE = "aoma-mesh-staging-apply"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with open_account(tmp_path_factory.mktemp("account")) as opened:
        yield opened


def test_people_deploy_first_and_a_repository_later(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    iam, s3 = boto3.client("iam"), boto3.client("s3")
    asked = ["bootstrap", "--environment", "staging", "--subscriber", "ops@example.com", "--yes"]
    assert run(asked) == 0

    told = capsys.readouterr().out
    assert f"mesh deploy --environment staging    # {account.role(ROLE)}" in told
    assert "gh secret" not in told
    # Its file is there already, and whoever keeps it decides.
    assert 'tell nobody without it:\n  alarm_email = "ops@example.com"' in told
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert s3.head_object(Bucket=BUCKET, Key="bootstrap.tfstate")
    with pytest.raises(ClientError):
        account.of_github(ROLE, SUBJECT)

    # Local AWS has no TLS, which the bucket demands.
    s3.delete_bucket_policy(Bucket=BUCKET)
    person = account.of_lambda(ROLE)
    with monkeypatch.context() as patch:
        for name, value in person.environment.items():
            patch.setenv(name, value)
        staging = environments.find("staging")
        staging.root.run("apply", "-auto-approve", *staging.arguments)
        url = str(staging.root.outputs()["function_url"])
        assert httpx.get(url, timeout=60).json() == "fine"
    ids = {role["RoleName"]: role["RoleId"] for role in iam.list_roles()["Roles"]}

    assert run(["bootstrap", "--repository", "my-company/aoma-mesh", "--yes"]) == 0

    assert f"gh secret set AWS_APPLY_ROLE_ARN --env staging --body {account.role(ROLE)}" in (
        capsys.readouterr().out
    )
    assert (
        ids.items() <= {one["RoleName"]: one["RoleId"] for one in iam.list_roles()["Roles"]}.items()
    )
    assert account.of_github(ROLE, SUBJECT)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    assert "root" not in str(trust)

    # Run again without them, it keeps the repository and who is told of alarms.
    capsys.readouterr()
    assert run(["bootstrap", "--yes"]) == 0
    assert account.of_github(ROLE, SUBJECT)
    assert "ops@example.com" in capsys.readouterr().out
