"""The real root on a local AWS: what a deployment keeps, whatever is changed about it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from pytest_terraform import terraform

from mesh.build.environment import ROOT
from mesh.deploy.release.root_copy import Files, unprotected
from mesh.stack import environments, terraform_run
from tests.acceptance.terraform.local_account import be_checkout

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from mesh.local_aws.process import Running

SECRET = "hash-of-a-key-that-no-file-may-hold"
# Their loss or replacement would change the address or break it.
THE_URL_DEPENDS_ON = {"aws_lambda_function", "aws_lambda_alias", "aws_lambda_function_url"}
OTHER_ACCOUNT = "111122223333"
GUARDED = {"function_url_auth": "AWS_IAM", "caller_account_ids": [OTHER_ACCOUNT]}
# Every variable except those that are part of the address, with another value.
EVERYTHING_ELSE = {
    "architecture": "x86_64",
    "runtime": "python3.12",
    "memory_mb": 1024,
    "timeout_seconds": 60,
    "reserved_concurrency": 5,
    "live_version": 1,
    "invoke_mode": "RESPONSE_STREAM",
    "streaming_runtime": "web_adapter",
    "allowed_origins": ["https://app.example.com"],
    "secrets_ttl_seconds": 5,
    "log_level": "DEBUG",
    "log_retention_days": 7,
    "tags": {"Team": "mesh"},
    "environment_variables": {"AOMA_BACKEND": "supabase"},
    "secrets": ["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"],
    "preload_modules": ["mcp_app.preload"],
}
SUPABASE = {
    "environment_variables": {
        "AOMA_BACKEND": "supabase",
        "SUPABASE_URL": "https://abc.supabase.co",
    },
    "secrets": ["OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"],
}


def write_zip(target: Path, text: str) -> None:
    """Write a function's zip whose bytes depend on `text` only."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w") as archive:
        source = f"def handler(event, context):\n    return {text!r}\n"
        archive.writestr(zipfile.ZipInfo("mesh/runtime/handler.py"), source)


def environment(variables: Mapping[str, object]) -> dict[str, str]:
    """This process's environment with these variables of Terraform."""
    return os.environ | {
        f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
        for name, value in variables.items()
    }


@dataclass(frozen=True)
class Cli:
    """Terraform in one folder, with one state."""

    folder: Path
    state: Path | None = None

    def run(self, *arguments: str, **variables: object) -> str:
        """Run a command, give what it printed, and fail when it fails.

        Variables go through the environment, so that a saved plan can be applied alike.
        """
        state = [] if self.state is None else [f"-state={self.state}"]
        done = subprocess.run(
            ["terraform", arguments[0], "-no-color", *state, *arguments[1:]],
            cwd=self.folder,
            env=environment(variables),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def destroy(self, **variables: object) -> None:
        """Destroy everything, as `mesh destroy` does: from a copy that lets it."""
        state = self.state or self.folder / "terraform.tfstate"
        files = Files(self.folder, environment(variables), (f"-state={state}",))
        with unprotected(files) as copy:
            terraform_run.run(
                ["destroy", "-auto-approve", "-no-color", *copy.arguments],
                root=copy.folder,
                variables=copy.variables,
                log=state.with_name("destroy.log"),
            )

    def outputs(self) -> dict[str, Any]:
        """Give the outputs by name."""
        return {
            name: output["value"]
            for name, output in json.loads(self.run("output", "-json")).items()
        }

    def planned(self, plan: Path, **variables: object) -> dict[str, Any]:
        """Plan into `plan`, and give it as `terraform show -json` does."""
        self.run("plan", f"-out={plan}", **variables)
        shown = Cli(self.folder).run("show", "-json", str(plan))
        read: dict[str, Any] = json.loads(shown)
        return read


def actions(plan: dict[str, Any]) -> dict[str, list[str]]:
    """Give what the plan does to each resource that the URL depends on."""
    return {
        change["address"]: change["change"]["actions"]
        for change in plan["resource_changes"]
        if change["type"] in THE_URL_DEPENDS_ON and change["mode"] == "managed"
    }


def grants_of(lambda_client: LambdaClient, name: str, account: str) -> set[tuple[str, str]]:
    """Give action and condition of each statement of the live alias's policy for an account."""
    policy = json.loads(lambda_client.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    root_user = f"arn:aws:iam::{account}:root"
    return {
        (statement["Action"], json.dumps(statement["Condition"]))
        for statement in policy["Statement"]
        if statement["Principal"] in (account, {"AWS": account}, {"AWS": root_user})
    }


def public_grants(lambda_client: LambdaClient, name: str) -> set[tuple[str, str]]:
    """Give action and condition of each statement of the live alias's policy for everybody."""
    return grants_of(lambda_client, name, "*")


def live_arn(lambda_client: LambdaClient, name: str) -> str:
    """Give the live alias's ARN."""
    return lambda_client.get_alias(FunctionName=name, Name="live")["AliasArn"]


CALL = ("lambda:InvokeFunctionUrl", '{"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}')
INVOKE = ("lambda:InvokeFunction", '{"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}')


@pytest.fixture
def zip_path(aws: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the zip that Terraform, told through its environment, will deploy."""
    del aws  # asked for so that it comes first: the environment is its work
    target = tmp_path / "function.zip"
    write_zip(target, "first")
    monkeypatch.setenv("TF_VAR_zip_path", str(target))
    return target


@pytest.mark.usefixtures("aws")
# Not "terraform": a second use of one name in another module would get no fixture there.
@terraform("./terraform", name="deployment")  # type: ignore[untyped-decorator] # has no types
def test_one_address_no_secrets_and_nothing_left_behind(
    zip_path: Path, deployment: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = {name: output["value"] for name, output in deployment.outputs.items()}
    name, url = outputs["function_name"], outputs["function_url"]
    parameter, log_group = outputs["api_keys_parameter"], outputs["log_group_name"]
    monkeypatch.setenv("TF_DATA_DIR", deployment.terraform.work_dir)
    state = Path(deployment.terraform.state_path)
    root = Cli(ROOT / "terraform", state)
    lambda_client, ssm = boto3.client("lambda"), boto3.client("ssm")

    # The function is told what its settings page promises.
    code_sha256 = base64.b64encode(hashlib.sha256(zip_path.read_bytes()).digest()).decode()
    environment = lambda_client.get_function_configuration(FunctionName=name, Qualifier="live")
    assert environment["Environment"]["Variables"] == {
        "MESH_NAME": "aoma-mesh",
        "MESH_ENVIRONMENT": "dev",
        "MESH_AUTH": "api_key",
        "MESH_API_KEYS_PARAMETER": "/aoma-mesh/dev/api-keys",
        "MESH_SECRETS_TTL_SECONDS": "60",
        "MESH_RATE_LIMIT_PER_MINUTE": "600",
        "MESH_LOG_LEVEL": "INFO",
        "MESH_FAST_PATH": "on",
        "MESH_METRICS_NAMESPACE": "aoma-mesh",
        "MESH_DEADLINE_SECONDS": "25",
    }
    assert environment["CodeSha256"] == code_sha256
    assert public_grants(lambda_client, name) == {CALL, INVOKE}

    # A value put by others is no difference, and nobody's plan shows it.
    ssm.put_parameter(Name=parameter, Value=SECRET, Type="SecureString", Overwrite=True)
    root.run("plan", "-detailed-exitcode")
    plan = root.planned(tmp_path / "plan", **EVERYTHING_ELSE)
    assert SECRET not in json.dumps(plan)

    # None of it makes another function, alias or URL.
    assert len(actions(plan)) == 5
    assert {tuple(done) for done in actions(plan).values()} <= {("update",), ("no-op",)}

    # Another guard and another backend: the same address, and no value reverted.
    root.run("apply", "-auto-approve", **GUARDED, **SUPABASE)
    changed = root.outputs()
    secrets = changed["secrets"]
    assert secrets.keys() == {"OPENAI_API_KEY", "SUPABASE_KEY", "SUPABASE_TOKEN"}
    for secret in secrets.values():
        assert ssm.get_parameter(Name=secret)["Parameter"]["Type"] == "SecureString"
        ssm.put_parameter(Name=secret, Value=SECRET, Type="SecureString", Overwrite=True)
    root.run("apply", "-auto-approve", **GUARDED, **SUPABASE)
    assert (changed["function_url"], changed["candidate_url"]) == (url, outputs["candidate_url"])
    assert INVOKE not in public_grants(lambda_client, name)
    assert changed["live_invoke_policy_arn"] is not None
    # Both sides have to allow another account: the alias does, with what the output asks of it.
    theirs = json.loads(changed["live_invoke_policy"])["Statement"]
    assert {statement["Resource"] for statement in theirs} == {live_arn(lambda_client, name)}
    assert grants_of(lambda_client, name, OTHER_ACCOUNT) == {
        (statement["Action"], json.dumps(statement["Condition"])) for statement in theirs
    }
    for kept in (parameter, *secrets.values()):
        value = ssm.get_parameter(Name=kept, WithDecryption=True)["Parameter"]["Value"]
        assert value == SECRET

    # Nor is one in the state or the environment; the role may read these four parameters alone.
    assert SECRET not in state.read_text()
    told = lambda_client.get_function_configuration(FunctionName=name, Qualifier="live")
    assert SECRET not in json.dumps(told["Environment"])
    policies = json.dumps(
        boto3.client("iam").get_role_policy(RoleName=name, PolicyName="parameters-and-log")[
            "PolicyDocument"
        ]
    )
    assert policies.count(":parameter/") == 4
    assert all(f":parameter{kept}" in policies for kept in (parameter, *secrets.values()))

    # Destroying has to be meant, needs no zip and leaves nothing.
    zip_path.unlink()
    root.destroy(**GUARDED, **SUPABASE)
    assert lambda_client.list_functions()["Functions"] == []
    assert ssm.describe_parameters()["Parameters"] == []
    groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix=log_group)
    assert groups["logGroups"] == []
    iam = boto3.client("iam")
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    stacks = boto3.client("cloudformation").list_stacks()["StackSummaries"]
    assert {stack["StackStatus"] for stack in stacks} <= {"DELETE_COMPLETE"}


@pytest.mark.promise("releases and rollbacks keep the address")
@pytest.mark.usefixtures("aws")
def test_the_pipeline_s_way_releases_holds_and_rolls_back_at_one_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the pipeline checks out, with the zip where the plan looks for it.
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT / "terraform", tree / "terraform", ignore=shutil.ignore_patterns(".terraform")
    )
    zip_path = tree / "dist" / "mesh-arm64.zip"
    write_zip(zip_path, "first")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="state")
    monkeypatch.setenv("TF_STATE_BUCKET", "state")
    monkeypatch.delenv("TF_DATA_DIR")
    be_checkout(tree, monkeypatch)
    environment = environments.find("production")
    root = Cli(environment.root.folder)

    arguments = ("-lock=false", *environment.arguments)

    def release(**variables: object) -> dict[str, Any]:
        plan = tree / "dist" / "deploy.tfplan"
        root.run("plan", *arguments, f"-out={plan}", **variables)
        root.run("apply", str(plan))
        return root.outputs()

    def apply(**variables: object) -> dict[str, Any]:
        root.run("apply", "-auto-approve", *arguments, **variables)
        return root.outputs()

    first = release()
    assert (first["live_version"], first["candidate_version"]) == ("1", "1")
    urls = (first["function_url"], first["candidate_url"])

    write_zip(zip_path, "second")
    held = release(live_version=1)
    assert (held["live_version"], held["candidate_version"]) == ("1", "2")
    promoted = apply()
    assert (promoted["live_version"], promoted["candidate_version"]) == ("2", "2")
    rolled_back = apply(live_version=1)
    assert (rolled_back["live_version"], rolled_back["candidate_version"]) == ("1", "2")

    for release_outputs in (held, promoted, rolled_back):
        assert (release_outputs["function_url"], release_outputs["candidate_url"]) == urls
    assert not (tree / "terraform" / "terraform.tfstate").exists()
    assert not environment.root.state.exists()
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket="state")["Contents"]}
    assert keys == {"production.tfstate"}
