"""The real root's alarms on a local AWS: a function that fails raises them, and they tell of it."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from mesh.build.environment import ROOT
from mesh.cli import run
from mesh.local_aws import host
from tests.acceptance.terraform.test_root_on_local_aws import Cli

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

NAME = "aoma-mesh-dev"
# Writes of a tool's call what the server would.
FAILS_WHEN_ASKED = """
from mesh.runtime.observability.metrics import ToolMetrics
import json

METRICS = ToolMetrics("aoma-mesh", "dev")

HEALTH = {"name": "aoma-mesh", "environment": "dev", "auth": "api_key"}

def handler(event, context):
    path = event["rawPath"]
    if path == "/health":
        return HEALTH | {"function_version": context.function_version}
    if path == "/rpc":
        return {"statusCode": 401}
    if path == "/fail":
        raise ValueError("as asked")
    call = {"tool": "search", "tool_duration_ms": 1.0}
    call["outcome"] = "tool_error" if path == "/tool-error" else "ok"
    alias = context.invoked_function_arn.split(":")[7]
    line = METRICS.fields(call, "fast", alias=alias)
    print(json.dumps(line | {"_aws": json.loads(line["_aws"])}))
    return "fine"
"""


def until(promised: Callable[[], bool], seconds: float) -> bool:
    """Ask until it is so, or until the time is over."""
    end = time.monotonic() + seconds
    while not promised():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def examined_by_its_address_alone(url: str, root: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    """Try `mesh doctor` on what is applied: all well, changed by hand, and with few rights."""

    def doctor(*options: str) -> tuple[int, str]:
        status = run(["doctor", url, *options])
        return status, capsys.readouterr().out

    capsys.readouterr()
    # No bucket has the state yet: that alone could not be asked.
    status, said = doctor()
    assert status == 1, said
    assert "?  drift: there is no s3://aoma-mesh-state-000000000000/dev.tfstate" in said
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="aoma-mesh-state-000000000000")
    assert root.state is not None
    s3.upload_file(str(root.state), "aoma-mesh-state-000000000000", "dev.tfstate")
    status, said = doctor()
    assert status == 0, said
    assert all(len(line) <= 80 for line in said.splitlines())
    assert len(said.splitlines()) <= 24
    assert [line[3:17].strip() for line in said.splitlines() if line[:2] == "ok"] == [
        *("address", "certificate", "server", "function", "aliases", "grants", "keys"),
        *("limits", "errors", "alarms", "drift"),
    ]
    assert "live is version 1; candidate is version 1" in said
    assert "both, for everybody" in said
    assert f"/{NAME.replace('-dev', '/dev')}/api-keys" in said
    assert "the server reads them" in " ".join(said.split())

    assert run(["doctor", root.outputs()["candidate_url"]]) == 0
    assert "answers 200 to a signed request" in capsys.readouterr().out

    # What somebody changes by hand, and no version keeps.
    functions, iam = boto3.client("lambda"), boto3.client("iam")
    functions.put_function_concurrency(FunctionName=NAME, ReservedConcurrentExecutions=7)
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*"}]}
    document["Statement"][0]["Resource"] = "*"  # type: ignore[index]
    iam.put_role_policy(RoleName=NAME, PolicyName="more", PolicyDocument=json.dumps(document))
    boto3.client("cloudwatch").disable_alarm_actions(AlarmNames=[f"{NAME}-unhealthy"])
    boto3.client("logs").put_retention_policy(logGroupName=f"/aws/lambda/{NAME}", retentionInDays=1)
    sids = [
        statement["Sid"]
        for statement in json.loads(
            functions.get_policy(FunctionName=NAME, Qualifier="live")["Policy"]
        )["Statement"]
        if statement["Action"] == "lambda:InvokeFunction"
    ]
    for sid in sids:
        functions.remove_permission(FunctionName=NAME, StatementId=sid, Qualifier="live")
    status, said = doctor("--json")
    assert status == 2
    answers = json.loads(said)["answers"]
    wrong = {name for name, answer in answers.items() if answer["state"] == "wrong"}
    assert wrong == {"address", "grants", "alarms", "drift"}
    assert answers["keys"]["state"] == "unknown"
    assert "lambda:InvokeFunction missing for everybody" in answers["grants"]["told"][0]
    assert {one["setting"]: one["now"] for one in answers["drift"]["differences"]} == {
        "reserved concurrency": 7,
        "policy more": "added",
        f"ActionsEnabled of alarm {NAME}-unhealthy": False,
        "days that the log is kept": 1,
    }
    functions.delete_function_concurrency(FunctionName=NAME)
    boto3.client("cloudwatch").enable_alarm_actions(AlarmNames=[f"{NAME}-unhealthy"])
    iam.delete_role_policy(RoleName=NAME, PolicyName="more")
    for sid in sids:
        functions.add_permission(
            FunctionName=NAME,
            Qualifier="live",
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="*",
            InvokedViaFunctionUrl=True,
        )


@pytest.mark.usefixtures("aws")
def test_shares_of_failures_raise_the_alarms_tell_of_it_and_are_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    aws: Running,
) -> None:
    del aws
    zip_path = tmp_path / "function.zip"
    with zipfile.ZipFile(zip_path, "w") as archive:
        archive.writestr("mesh/runtime/handler.py", FAILS_WHEN_ASKED)
        for name in ("metrics", "way"):
            file = f"mesh/runtime/observability/{name}.py"
            archive.write(ROOT / file, file)
    monkeypatch.setenv("TF_VAR_zip_path", str(zip_path))
    # Local AWS runs nothing else.
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    on_call = boto3.client("sns").create_topic(Name="on-call")["TopicArn"]
    more = {
        "alarm_no_traffic_minutes": 60,
        "alarm_email": "ops@example.com",
        "alarm_topic_arn": on_call,
        "budget_usd": 20,
    }
    root.run("apply", "-auto-approve", **more)
    root.run("plan", "-detailed-exitcode", **more)
    root.run("apply", "-auto-approve")
    outputs = root.outputs()
    url, topic = outputs["function_url"], outputs["alarm_topic_arn"]
    cloudwatch, sqs = boto3.client("cloudwatch"), boto3.client("sqs")

    def states() -> dict[str, str]:
        found = cloudwatch.describe_alarms(
            AlarmNames=outputs["alarm_names"], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms: list[Any] = [*found["MetricAlarms"], *found["CompositeAlarms"]]
        return {
            alarm["AlarmName"].removeprefix(f"{NAME}-"): alarm["StateValue"] for alarm in alarms
        }

    def told() -> list[str]:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in got:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        messages = [json.loads(json.loads(message["Body"])["Message"]) for message in got]
        return [f"{message['AlarmName']} {message['NewStateValue']}" for message in messages]

    queue = sqs.create_queue(QueueName="somebody")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])

    def raised() -> set[str]:
        return {name for name, state in states().items() if state == "ALARM"}

    def ask(path: str, status: int, times: int = 1) -> None:
        for _ in range(times):
            assert httpx.get(f"{url}{path}", timeout=60).status_code == status

    # One failure is not worth a message, although it is 100 % of five minutes.
    ask("fail", 502)
    assert until(lambda: raised() == {"errors", "url-5xx"}, 60), states()
    assert told() == []

    # Three in the hour are, and nothing else is on.
    ask("fail", 502, 2)
    both = {"errors", "errors-hour", "url-5xx", "url-5xx-hour", "unhealthy"}
    assert until(lambda: raised() == both, 60), states()
    assert told() == [f"{NAME}-unhealthy ALARM"]

    # Well again: their share of all requests falls below 5 %.
    ask("", 200, 60)
    assert until(lambda: set(states().values()) == {"OK"}, 60), states()
    assert told() == [f"{NAME}-unhealthy OK"]

    examined_by_its_address_alone(url, root, capsys)

    # Calls of tools are answered with 200 and counted from the log.
    ask("tool-error", 200, 20)
    of_tools = {"tool-errors", "tool-errors-hour", "unhealthy"}
    assert until(lambda: raised() == of_tools, 60), states()
    assert told() == [f"{NAME}-unhealthy ALARM"]

    root.destroy()
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert boto3.client("logs").describe_query_definitions()["queryDefinitions"] == []
