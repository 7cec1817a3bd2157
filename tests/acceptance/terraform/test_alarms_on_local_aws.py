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
from mesh.local_aws import host
from tests.acceptance.terraform.test_root_on_local_aws import Cli

if TYPE_CHECKING:
    from mesh.local_aws.process import Running

NAME = "aoma-mesh-dev"
FAILS_WHEN_ASKED = """
def handler(event, context):
    if event["rawPath"] == "/fail":
        raise ValueError("as asked")
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


@pytest.mark.usefixtures("aws")
def test_failing_calls_raise_the_alarms_tell_of_it_and_are_over_a_minute_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: Running
) -> None:
    del aws
    zip_path = tmp_path / "function.zip"
    with zipfile.ZipFile(zip_path, "w") as archive:
        archive.writestr("mesh/runtime/handler.py", FAILS_WHEN_ASKED)
    monkeypatch.setenv("TF_VAR_zip_path", str(zip_path))
    # Local AWS runs nothing else.
    monkeypatch.setenv("TF_VAR_architecture", host.architecture())
    root = Cli(ROOT / "terraform", tmp_path / "terraform.tfstate")
    Cli(root.folder).run("init", "-input=false", "-lockfile=readonly")
    more = {"alarm_no_traffic_minutes": 60, "alarm_email": "ops@example.com", "budget_usd": 20}
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

    # Well, then failing: the alarms of what failed, and of nothing else.
    assert httpx.get(url, timeout=60).status_code == 200
    assert until(lambda: states()["errors"] == "OK", 60)
    assert httpx.get(f"{url}fail", timeout=60).status_code == 502
    assert until(lambda: states()["unhealthy"] == "ALARM", 60), states()
    assert until(lambda: states()["url-5xx"] == "ALARM", 60), states()
    assert states() == {
        "errors": "ALARM",
        "url-5xx": "ALARM",
        "unhealthy": "ALARM",
        "throttles": "OK",
        "duration": "OK",
    }
    assert told() == [f"{NAME}-unhealthy ALARM"]

    # Well again; local AWS looks at an alarm when there is something new.
    def recovered() -> bool:
        assert httpx.get(url, timeout=60).status_code == 200
        return states()["unhealthy"] == "OK"

    assert until(recovered, 120), states()
    assert set(states().values()) == {"OK"}
    assert told() == [f"{NAME}-unhealthy OK"]

    root.destroy()
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert boto3.client("logs").describe_query_definitions()["queryDefinitions"] == []
