"""Bootstrap on a local AWS with policies enforced: what GitHub's roles may do there, and not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError

from mesh.cli import run
from mesh.deploy.release.root_copy import Files, unprotected
from mesh.failure import CommandFailedError
from mesh.smoke import credential
from mesh.stack import environments, terraform_run
from mesh.stack.environments import Environment
from mesh.stack.terraform_run import TerraformFailedError
from tests.acceptance.terraform.local_account import Account, Session, allowed_of, open_account
from tests.acceptance.terraform.role_calls import (
    BUCKET,
    EVERYTHING,
    TRUST,
    of_apply_role,
    of_function_role,
    refused_to_plan_role,
)

REPOSITORY = "my-company/aoma-mesh"
NUMBERED = "my-company@11/aoma-mesh@22"
STATEMENT = {
    "sid": "ReadNotes",
    "actions": ["dynamodb:GetItem"],
    "resources": ["arn:aws:dynamodb:us-east-1:000000000000:table/notes"],
}


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account that was bootstrapped by the command, by somebody who may do everything.

    Tools of both environments ask for a secret and for the right to read notes. Bootstrap was
    told of that right for staging only.
    """
    with open_account(tmp_path_factory.mktemp("account")) as opened:
        for name in ("staging", "production"):
            with (opened.tree / "terraform" / f"{name}.tfvars").open("a") as values:
                values.write('secrets = ["WEATHER_API_KEY"]\n')
                values.write(f"policy_statements = [{json.dumps(STATEMENT)}]\n")
        numbers = ("--owner-id", "11", "--repository-id", "22")
        bounds = json.dumps([STATEMENT | {"environments": ["staging"]}])
        terraform = ("--", f"-var=policy_statements={bounds}")
        status = run(["bootstrap", "--repository", REPOSITORY, *numbers, "--yes", *terraform])
        assert status == 0
        yield opened


def environment_of(account: Account, name: str, role: Session, patch: pytest.MonkeyPatch) -> None:
    for variable, value in role.environment.items():
        patch.setenv(variable, value)


@pytest.fixture(scope="module")
def deployed(account: Account) -> dict[str, Environment]:
    """Both environments, each applied by its own role with its state in the bucket."""
    made = {}
    for name in ("staging", "production"):
        role = account.of_github(f"aoma-mesh-{name}-apply", f"repo:{NUMBERED}:environment:{name}")
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in role.environment.items():
                patch.setenv(variable, value)
            environment = environments.find(name)
            environment.root.run("apply", "-auto-approve", *environment.arguments)
            environment.root.run("plan", "-detailed-exitcode", *environment.arguments)
        made[name] = environment
    return made


def test_the_state_bucket_is_versioned_encrypted_private_and_for_tls_only(account: Account) -> None:
    s3 = boto3.client("s3")

    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(block.values()) == {True}
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    expired = {
        rule["Filter"].get("Prefix", ""): rule["NoncurrentVersionExpiration"] for rule in rules
    }
    assert expired == {
        "": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10},
        # Lambda keeps a copy of its own.
        "zips/": {"NoncurrentDays": 1},
    }
    policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    (tls,) = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    assert tls["Principal"] in ("*", {"AWS": "*"})
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.promise("`mesh bootstrap` makes the roles of the pipeline")
def test_bootstrap_keeps_its_own_state_in_the_bucket_and_nowhere_else(account: Account) -> None:
    objects = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]

    assert "bootstrap.tfstate" in {found["Key"] for found in objects}
    assert not {found["Key"] for found in objects if found["Key"].endswith(".tflock")}
    assert list(account.tree.rglob(".mesh/**/terraform.tfstate.backup")) == []
    # What Terraform keeps of the backend is no state.
    states = [file for file in account.tree.rglob("*.tfstate") if ".terraform" not in file.parts]
    assert states == []


def test_run_again_elsewhere_it_adds_an_environment_and_keeps_the_rest(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(account.tree / ".mesh" / "bootstrap")
    ids = {role["RoleName"]: role["RoleId"] for role in boto3.client("iam").list_roles()["Roles"]}
    capsys.readouterr()

    assert run(["bootstrap", "--environment", "qa", "--yes"]) == 0

    told = capsys.readouterr().out
    assert f"gh variable set TF_STATE_BUCKET --body {BUCKET}" in told
    assert f"AWS_APPLY_ROLE_ARN --env qa --body {account.role('aoma-mesh-qa-apply')}" in told
    after = {role["RoleName"]: role["RoleId"] for role in boto3.client("iam").list_roles()["Roles"]}
    assert after.items() >= ids.items()
    assert after.keys() - ids.keys() == {"aoma-mesh-qa-apply"}
    assert 'environment          = "qa"' in (account.tree / "terraform" / "qa.tfvars").read_text()
    assert account.of_github("aoma-mesh-qa-apply", f"repo:{NUMBERED}:environment:qa")


def test_nothing_is_changed_unless_somebody_says_so(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("click.confirm", lambda _: False)

    assert run(["bootstrap", "--environment", "never"]) == 1

    assert "nothing was changed" in capsys.readouterr().err
    names = {role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]}
    assert "aoma-mesh-never-apply" not in names


def test_a_bucket_that_is_there_without_a_state_is_not_taken(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("s3").create_bucket(Bucket="somebody-elses")

    assert run(["bootstrap", "--state-bucket", "somebody-elses", "--yes"]) == 1

    assert "choose another with --state-bucket" in capsys.readouterr().err


@pytest.mark.parametrize("repository", [REPOSITORY, NUMBERED])
@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("aoma-mesh-plan", "pull_request"),
        ("aoma-mesh-plan", "ref:refs/heads/main"),
        ("aoma-mesh-refresh", "ref:refs/heads/main"),
        ("aoma-mesh-staging-apply", "environment:staging"),
        ("aoma-mesh-production-apply", "environment:production"),
    ],
)
def test_a_workflow_is_the_role_of_where_it_runs(
    account: Account, repository: str, role: str, place: str
) -> None:
    session = account.of_github(role, f"repo:{repository}:{place}")

    arn = session.client("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::000000000000:assumed-role/{role}/test"


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("aoma-mesh-production-apply", f"repo:{NUMBERED}:environment:staging"),
        ("aoma-mesh-production-apply", f"repo:{NUMBERED}:pull_request"),
        ("aoma-mesh-production-apply", f"repo:{NUMBERED}:ref:refs/heads/main"),
        ("aoma-mesh-production-apply", f"repo:{NUMBERED}:environment:production-2"),
        ("aoma-mesh-production-apply", "repo:other/aoma-mesh:environment:production"),
        ("aoma-mesh-production-apply", "repo:my-company/other:environment:production"),
        ("aoma-mesh-production-apply", "repo:my-company@12/aoma-mesh@22:environment:production"),
        ("aoma-mesh-production-apply", "repo:my-company@11/aoma-mesh@23:environment:production"),
        ("aoma-mesh-production-apply", "repo:*:environment:production"),
        ("aoma-mesh-plan", f"repo:{NUMBERED}:ref:refs/heads/other"),
        ("aoma-mesh-plan", f"repo:{NUMBERED}:ref:refs/tags/main"),
        ("aoma-mesh-plan", "repo:my-company-2/aoma-mesh:pull_request"),
    ],
)
def test_no_other_workflow_is_a_role(account: Account, role: str, subject: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        account.of_github(role, subject)


def test_a_token_for_somebody_else_is_no_role(account: Account) -> None:
    subject = f"repo:{REPOSITORY}:environment:production"
    with pytest.raises(ClientError, match="AccessDenied"):
        account.of_github("aoma-mesh-production-apply", subject, audience="https://example.com")


def test_environments_have_states_of_their_own(deployed: dict[str, Environment]) -> None:
    s3 = boto3.client("s3")
    names = {}
    for name, environment in deployed.items():
        state = json.loads(s3.get_object(Bucket=BUCKET, Key=f"{name}.tfstate")["Body"].read())
        names[name] = state["outputs"]["function_name"]["value"]
        url = str(environment.root.outputs()["function_url"])
        assert state["outputs"]["function_url"]["value"] == url
        assert httpx.get(url, timeout=60).json() == "fine"

    assert names == {"staging": "aoma-mesh-staging", "production": "aoma-mesh-production"}


def test_a_command_reaches_the_environment_that_it_is_told(
    deployed: dict[str, Environment], capsys: pytest.CaptureFixture[str]
) -> None:
    del deployed

    assert run(["keys", "--environment", "production", "create", "me"]) == 0
    assert "/aoma-mesh/production/api-keys (environment production)" in capsys.readouterr().err
    assert run(["keys", "--environment", "production", "list"]) == 0
    assert capsys.readouterr().out.startswith("me  ...")
    assert run(["keys", "--environment", "staging", "list"]) == 0
    assert capsys.readouterr().out.startswith("no keys")
    assert run(["logs", "--environment", "staging"]) == 0
    assert run(["rollback", "--environment", "staging", "--list"]) == 0
    assert "<- live, candidate" in capsys.readouterr().out


def test_the_apply_role_may_touch_its_own_environment_only(
    account: Account, deployed: dict[str, Environment]
) -> None:
    del deployed
    me = account.of_github("aoma-mesh-production-apply", f"repo:{NUMBERED}:environment:production")
    may, may_not = of_apply_role(account, me)
    assert allowed_of(may_not) == set()
    assert allowed_of(may) == may.keys()


def test_the_plan_role_plans_and_may_do_nothing_else(
    account: Account,
    deployed: dict[str, Environment],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    me = account.of_github("aoma-mesh-plan", f"repo:{NUMBERED}:pull_request")
    candidate = str(deployed["production"].root.outputs()["candidate_url"])
    assert allowed_of(refused_to_plan_role(account, me)) == set()

    environment_of(account, "production", me, monkeypatch)
    signed = credential.from_credential_chain(candidate)
    assert httpx.get(candidate, auth=signed, timeout=60).status_code == 403
    plan = tmp_path / "plan"
    ending = ["--plan-only", str(plan), "--", "-lock=false", "-refresh=false"]
    assert run(["release", "--environment", "production", *ending]) == 0
    assert plan.exists()
    # Refreshing means to decrypt.
    production = environments.find("production")
    with pytest.raises(TerraformFailedError, match="ssm:GetParameter"):
        production.root.run("plan", "-lock=false", *production.arguments)


def test_the_refresh_role_refreshes_and_writes_nothing(
    account: Account, deployed: dict[str, Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    del deployed
    me = account.of_github("aoma-mesh-refresh", f"repo:{NUMBERED}:ref:refs/heads/main")
    functions, s3, ssm = (me.client(name) for name in ("lambda", "s3", "ssm"))
    own, state = "aoma-mesh-staging", {"Bucket": BUCKET, "Key": "staging.tfstate"}
    may_not: dict[str, Callable[[], object]] = {
        "write a state": lambda: s3.put_object(**state, Body=b"{}"),
        "lock a state": lambda: s3.put_object(
            Bucket=BUCKET, Key="staging.tfstate.tflock", Body=b"{}"
        ),
        "read bootstrap's state": lambda: s3.get_object(Bucket=BUCKET, Key="bootstrap.tfstate"),
        "write a secret": lambda: ssm.put_parameter(
            Name="/aoma-mesh/staging/api-keys", Value="{}", Overwrite=True
        ),
        "move live": lambda: functions.update_alias(
            FunctionName=own, Name="live", FunctionVersion="1"
        ),
        "change the function": lambda: functions.update_function_configuration(
            FunctionName=own, MemorySize=128
        ),
        "invoke": lambda: functions.invoke(FunctionName=own, Qualifier="live", Payload=b"{}"),
        "read the log": lambda: me.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{own}"
        ),
        "make a role": lambda: me.client("iam").create_role(
            RoleName="mine", AssumeRolePolicyDocument=TRUST
        ),
    }
    assert allowed_of(may_not) == set()

    environment_of(account, "staging", me, monkeypatch)
    for name in ("staging", "production"):
        environment = environments.find(name)
        environment.root.run("plan", "-lock=false", "-detailed-exitcode", *environment.arguments)


def test_the_function_s_role_reads_its_own_parameters_and_writes_its_own_log(
    account: Account, deployed: dict[str, Environment]
) -> None:
    del deployed
    iam = boto3.client("iam")
    own = "aoma-mesh-production"
    may, may_not = of_function_role(account)
    assert allowed_of(may) == may.keys()
    assert allowed_of(may_not) == set()

    # Whatever somebody writes into its policy, the boundary stays.
    iam.put_role_policy(RoleName=own, PolicyName="all", PolicyDocument=EVERYTHING)
    try:
        may, may_not = of_function_role(account)
        assert allowed_of(may) == may.keys()
        # Its own parameter's earlier values are no more than the parameter; all else is denied.
        assert allowed_of(may_not) == set()
    finally:
        iam.delete_role_policy(RoleName=own, PolicyName="all")


def test_tools_may_do_what_the_statements_and_the_boundary_say(
    account: Account, deployed: dict[str, Environment]
) -> None:
    del deployed
    key = {"id": {"S": "1"}}
    for table in ("notes", "people"):
        boto3.client("dynamodb").create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def rights(environment: str) -> set[str]:
        me = account.of_lambda(f"aoma-mesh-{environment}")
        dynamodb, ssm = me.client("dynamodb"), me.client("ssm")
        calls: dict[str, Callable[[], object]] = {
            "read a note": lambda: dynamodb.get_item(TableName="notes", Key=key),
            "write a note": lambda: dynamodb.put_item(TableName="notes", Item=key),
            "read a person": lambda: dynamodb.get_item(TableName="people", Key=key),
            "read staging's secret": lambda: ssm.get_parameter(
                Name="/aoma-mesh/staging/weather-api-key", WithDecryption=True
            ),
            "read production's secret": lambda: ssm.get_parameter(
                Name="/aoma-mesh/production/weather-api-key", WithDecryption=True
            ),
        }
        return allowed_of(calls)

    assert rights("staging") == {"read a note", "read staging's secret"}
    # Its role has the statement too, and its boundary has not.
    assert rights("production") == {"read production's secret"}


def test_one_environment_goes_and_the_other_still_answers(
    account: Account, deployed: dict[str, Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    staging, production = deployed["staging"], deployed["production"]
    url = str(production.root.outputs()["function_url"])
    role = account.of_github("aoma-mesh-staging-apply", f"repo:{NUMBERED}:environment:staging")
    environment_of(account, "staging", role, monkeypatch)

    root = staging.root
    with unprotected(Files(root.folder, root.variables, staging.arguments)) as copy:
        terraform_run.run(
            ["destroy", "-auto-approve", "-no-color", *copy.arguments],
            root=copy.folder,
            variables=copy.variables,
            log=root.log,
        )

    monkeypatch.undo()
    names = {
        found["FunctionName"] for found in boto3.client("lambda").list_functions()["Functions"]
    }
    assert names == {"aoma-mesh-production"}
    assert httpx.get(url, timeout=60).json() == "fine"
    state: dict[str, Any] = json.loads(
        boto3.client("s3").get_object(Bucket=BUCKET, Key="staging.tfstate")["Body"].read()
    )
    assert state["resources"] == []


def test_an_environment_is_refused_when_its_values_are_missing_or_another_s(
    account: Account,
) -> None:
    with pytest.raises(CommandFailedError, match=r"there is no .*nowhere.tfvars: write it"):
        environments.find("nowhere")
    (account.tree / "terraform" / "copied.tfvars").write_text('environment = "production"\n')
    with pytest.raises(CommandFailedError, match='says environment = "production"'):
        environments.find("copied")
    with pytest.raises(CommandFailedError, match="cannot be an environment's name"):
        environments.find("../production")
