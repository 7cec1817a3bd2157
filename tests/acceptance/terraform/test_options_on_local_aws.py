"""The real root with every option on a local AWS: applied, seen, taken back, without drift."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.deploy.plan_guard import judge, read_plan
from mesh.deploy.release.root import Pins, Root
from mesh.local_aws import host
from tests.acceptance.terraform.test_root_on_local_aws import Cli

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

NAME = "aoma-mesh-dev"
ACCOUNT, REGION = "000000000000", "us-east-1"
SIGNING = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
SECRET = "hash-of-a-key"
FUNCTION = """
import os
told = ["{text}"]
if "AWS_ACCESS_KEY_ID" not in os.environ:
    from snapshot_restore_py import register_after_restore, register_before_snapshot
    register_before_snapshot(lambda: told.append("snapshot"))
    register_after_restore(lambda: told.append("restored"))

def handler(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return told
"""
# These have no tags.
UNTAGGED = {
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_query_definition",
    "aws_iam_role_policy",
    "aws_lambda_alias",
    "aws_lambda_function_event_invoke_config",
    "aws_lambda_function_url",
    "aws_lambda_provisioned_concurrency_config",
}


def write_function(target: Path, text: str, source: str = FUNCTION) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("mesh/runtime/handler.py"), source.replace("{text}", text))


def until[Found](happened: Callable[[], Found], seconds: float = 30) -> Found:
    """What `happened` gave, once it is true."""
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f"did not happen within {seconds} s"
        time.sleep(0.2)
    return found


def key_policy() -> str:
    """The policy that docs/how-to/function-options.md says a key needs, for this account."""
    page = (ROOT / "docs" / "how-to" / "function-options.md").read_text()
    (shown,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    for word, value in (("ACCOUNT", ACCOUNT), ("REGION", REGION), ("NAME", NAME)):
        shown = shown.replace(word, value)
    return json.dumps(json.loads(shown))


@dataclass(frozen=True)
class Things:
    """What options name: somebody else's, there before."""

    key: str
    subnet: str
    group: str
    lost: str
    failed: str
    done: str

    def options(self) -> dict[str, Any]:
        """Every option that goes with the others."""
        return {
            "provisioned_concurrency": 1,
            "ephemeral_storage_mb": 1024,
            "vpc_subnet_ids": [self.subnet],
            "vpc_security_group_ids": [self.group],
            "vpc_ipv6": True,
            "kms_key_arn": self.key,
            "code_signing_config_arn": SIGNING,
            "dead_letter_arn": self.lost,
            "async_on_failure_arn": self.failed,
            "async_on_success_arn": self.done,
            "async_retries": 0,
            "tracing": True,
            "tags": {"Team": "mesh"},
        }


@pytest.fixture
def things(aws: Running) -> Things:
    del aws  # asked for so that it comes first: the environment is its work
    ec2, sqs = boto3.client("ec2"), boto3.client("sqs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="out", Description="out", VpcId=vpc)["GroupId"]
    key = boto3.client("kms").create_key(Policy=key_policy())["KeyMetadata"]["Arn"]

    def queue(name: str) -> str:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    return Things(key, subnet, group, queue("lost"), queue("failed"), queue("done"))


def received(arn: str) -> list[Any]:
    """The bodies of what a queue holds, taken out of it."""
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in found]


def applied(root: Cli, **options: Any) -> str:
    """Apply, see that nothing is left to do, and give what Terraform said."""
    said = root.run("apply", "-auto-approve", **options)
    root.run("plan", "-detailed-exitcode", **options)
    return said


def check_every_option(things: Things) -> None:
    """What AWS has is what was asked for."""
    lambda_, logs = boto3.client("lambda"), boto3.client("logs")
    found: Any = lambda_.get_function_configuration(FunctionName=NAME, Qualifier="live")
    assert found["VpcConfig"]["SubnetIds"] == [things.subnet]
    assert found["VpcConfig"]["SecurityGroupIds"] == [things.group]
    assert found["VpcConfig"]["Ipv6AllowedForDualStack"] is True
    assert found["KMSKeyArn"] == things.key
    assert found["DeadLetterConfig"] == {"TargetArn": things.lost}
    assert found["EphemeralStorage"] == {"Size": 1024}
    assert found["TracingConfig"] == {"Mode": "Active"}
    signing = lambda_.get_function_code_signing_config(FunctionName=NAME)
    assert signing["CodeSigningConfigArn"] == SIGNING
    (group,) = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{NAME}")["logGroups"]
    assert group["kmsKeyId"] == things.key
    (parameter,) = boto3.client("ssm").describe_parameters(
        ParameterFilters=[{"Key": "Name", "Values": ["/aoma-mesh/dev/api-keys"]}]
    )["Parameters"]
    assert parameter["KeyId"] == things.key
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-alarms"
    attributes = boto3.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert attributes["KmsMasterKeyId"] == things.key
    policy: Any = boto3.client("iam").get_role_policy(
        RoleName=NAME, PolicyName="parameters-and-log"
    )["PolicyDocument"]
    allowed = {
        statement["Resource"]
        for statement in policy["Statement"]
        if statement["Action"] == "sqs:SendMessage"
    }
    assert allowed == {things.lost, things.failed, things.done}
    (traces,) = [one for one in policy["Statement"] if one["Sid"] == "WriteTraces"]
    assert traces["Action"] == ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]


def check_tags(root: Cli) -> None:
    """Everything that can have tags has them all."""
    wanted = {"Project": "aoma-mesh", "Environment": "dev", "ManagedBy": "Terraform"}
    wanted |= {"Team": "mesh"}
    shown = json.loads(Cli(root.folder).run("show", "-json", str(root.state)))

    def resources(module: dict[str, Any]) -> list[Any]:
        inner = [found for child in module.get("child_modules", []) for found in resources(child)]
        return [*module.get("resources", []), *inner]

    untagged = set()
    for resource in resources(shown["values"]["root_module"]):
        if resource["mode"] == "managed":
            tags = resource["values"].get("tags_all")
            if tags is None:
                untagged.add(resource["type"])
            else:
                assert tags == wanted, resource["address"]
    assert untagged <= UNTAGGED
    function = boto3.client("lambda").get_function(FunctionName=NAME)
    assert function["Tags"] == wanted


def check_asynchronous_invocations(things: Things) -> None:
    """Records go where they should, also of a function that fails."""
    lambda_ = boto3.client("lambda")

    def invoke(**event: object) -> None:
        lambda_.invoke(
            FunctionName=NAME,
            Qualifier="live",
            InvocationType="Event",
            Payload=json.dumps(event),
        )

    invoke(number=1)
    (done,) = until(lambda: received(things.done))
    assert done["responsePayload"] == ["first"]
    invoke(fail=True)
    (failed,) = until(lambda: received(things.failed))
    assert failed["requestContext"]["approximateInvokeCount"] == 1
    assert failed["responsePayload"]["errorMessage"] == "as asked"
    assert until(lambda: received(things.lost)) == [{"fail": True}]


def provisioned() -> dict[str, str]:
    """By version: the state of the instances that are kept ready."""
    lambda_ = boto3.client("lambda")
    found: dict[str, str] = {}
    for version in lambda_.list_versions_by_function(FunctionName=NAME)["Versions"]:
        try:
            one = lambda_.get_provisioned_concurrency_config(
                FunctionName=NAME, Qualifier=version["Version"]
            )
        except lambda_.exceptions.ClientError:
            continue
        found[version["Version"]] = one["Status"]
    return found


def test_every_option_is_applied_at_one_address_and_taken_back_without_drift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, things: Things
) -> None:
    code = tmp_path / "function.zip"
    write_function(code, "first")
    monkeypatch.setenv("TF_VAR_zip_path", str(code))
    # Local AWS runs nothing else.
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    options = things.options()

    applied(root, **options)
    outputs = root.outputs()
    url = outputs["function_url"]
    check_every_option(things)
    check_tags(root)
    check_asynchronous_invocations(things)
    assert httpx.get(url, timeout=60).json() == ["first"]
    assert provisioned() == {"1": "READY"}

    # The candidate gets no instances; what moves live moves them, and the guard lets it.
    write_function(code, "second")
    applied(root, live_version=1, **options)
    assert provisioned() == {"1": "READY"}
    for name, value in options.items():
        told = value if isinstance(value, str) else json.dumps(value)
        monkeypatch.setenv(f"TF_VAR_{name}", told)
    released = Root(root.folder, os.environ, (f"-state={root.state}",), tmp_path / "release.log")
    plan = released.planned(tmp_path / "move.tfplan", Pins(None), move_only=True)
    said = Cli(root.folder).run(
        "apply", f"-state={root.state}", f"-state-out={root.state}", str(plan.file)
    )
    ready = said.index("provisioned_concurrency_config.live[0]: Creation complete")
    moved = said.index("module.lambda.aws_lambda_alias.live: Modifying")
    ended = re.search(r"provisioned_concurrency_config\.live\[0\] \(deposed.*Destroying", said)
    assert ended is not None
    assert ready < moved < ended.start()
    assert provisioned() == {"2": "READY"}
    assert httpx.get(url, timeout=60).json() == ["second"]
    for name in options:
        monkeypatch.delenv(f"TF_VAR_{name}")

    # Taken back: the address stays, nothing is replaced, and a secret is not written over.
    ssm = boto3.client("ssm")
    ssm.put_parameter(
        Name=outputs["api_keys_parameter"],
        Value=SECRET,
        Type="SecureString",
        KeyId=things.key,
        Overwrite=True,
    )
    back = tmp_path / "back.tfplan"
    root.run("plan", f"-out={back}")
    verdict = judge(read_plan(back, root=root.folder, variables=os.environ))
    assert verdict.ok, [str(finding) for finding in verdict.stops]
    applied(root)
    assert root.outputs()["function_url"] == url
    held = ssm.get_parameter(Name=outputs["api_keys_parameter"], WithDecryption=True)
    assert held["Parameter"]["Value"] == SECRET
    assert provisioned() == {}

    root.destroy()


def test_with_snapstart_no_alias_moves_to_a_version_that_is_not_ready(
    aws: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del aws
    code = tmp_path / "function.zip"
    write_function(code, "first")
    monkeypatch.setenv("TF_VAR_zip_path", str(code))
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    applied(root, alarms=False, dashboard=False)
    url = root.outputs()["function_url"]
    assert httpx.get(url, timeout=60).json() == ["first"]

    # It takes two seconds to begin; whoever asks meanwhile is answered by the version before.
    write_function(code, "second", "import time; time.sleep(2)\n" + FUNCTION)
    options: Any = {"snap_start": True, "alarms": False, "dashboard": False}
    applied(root, **options)
    lambda_ = boto3.client("lambda")
    found = lambda_.get_function_configuration(FunctionName=NAME, Qualifier="live")
    assert (found["Version"], found["State"]) == ("2", "Active")
    assert found["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert httpx.get(url, timeout=60).json() == ["second", "snapshot", "restored"]

    # One that does not begin at all stops the apply; live is what it was.
    write_function(code, "third", "raise ValueError('as told')\n" + FUNCTION)
    refused = subprocess.run(
        ["terraform", "apply", "-no-color", "-auto-approve", f"-state={root.state}"],
        cwd=root.folder,
        env=os.environ | {f"TF_VAR_{name}": json.dumps(value) for name, value in options.items()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert "publishing Lambda Function (aoma-mesh-dev) version" in refused.stderr
    assert lambda_.get_alias(FunctionName=NAME, Name="live")["FunctionVersion"] == "2"
    assert httpx.get(url, timeout=60).json() == ["second", "snapshot", "restored"]

    root.destroy(alarms=False, dashboard=False)
