"""AWS/Lambda metrics and alarms from URL traffic.

docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html and urls-monitoring.html.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from textwrap import indent

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.fixtures.deployed import ECHO, client, wait_until

FAILS = """
def handler(event, context):
    raise ValueError("as asked")
"""
SLOW = """
import time

def handler(event, context):
    time.sleep(0.5)
"""
TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"


def statistic(function, metric, kind="Sum", **dimensions):
    now = datetime.now(UTC)
    named = {"FunctionName": function.name, **dimensions}
    points = client(function.running, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in named.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=[kind],
    )["Datapoints"]
    return sum(point[kind] for point in points)


def test_metrics_of_a_failing_function(deploy):
    function = deploy(FAILS)
    for _ in range(3):
        assert function.get().status_code == 502
    assert wait_until(lambda: statistic(function, "Invocations") == 3)
    # Counted a moment after the invocation, and so perhaps written half a second later.
    assert wait_until(lambda: statistic(function, "UrlRequestCount") == 3)
    assert statistic(function, "Errors") == 3
    assert statistic(function, "Throttles") == 0
    assert statistic(function, "Url5xxCount") == 3
    assert statistic(function, "Url4xxCount") == 0
    assert statistic(function, "Errors", Resource=f"{function.name}:live") == 3


def test_durations(deploy):
    function = deploy(SLOW)
    for _ in range(3):
        function.get()
    assert wait_until(lambda: statistic(function, "UrlRequestLatency", "SampleCount") == 3)
    assert statistic(function, "UrlRequestLatency", "Minimum") >= 500
    assert 500 <= statistic(function, "Duration", "Average") < 1500


def test_concurrency(deploy, gate):
    function = deploy(f"def handler(event, context):\n{indent(gate.code, '    ')}\n", Timeout=60)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(function.get, "held") for _ in range(3)]
        gate.wait_for(3)
        gate.open()
        assert [answer.result().status_code for answer in asked] == [200] * 3
    assert wait_until(lambda: statistic(function, "ConcurrentExecutions", "Maximum") == 3)


def test_a_throttled_request_is_no_invocation(deploy):
    function = deploy(ECHO)
    function.api.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    assert function.get().status_code == 429
    assert wait_until(lambda: statistic(function, "Throttles") == 1)
    assert wait_until(lambda: statistic(function, "Url4xxCount") == 1)
    assert statistic(function, "Invocations") == 0


@pytest.mark.parametrize("metric", ["Errors", "Url5xxCount"])
def test_an_alarm_goes_off_by_url_traffic_and_not_by_another_functions(deploy, running, metric):
    function, other = deploy(ECHO), deploy(FAILS)
    cloudwatch = client(running, "cloudwatch")
    for watched in (function, other):
        cloudwatch.put_metric_alarm(
            AlarmName=f"{metric}-{watched.name}",
            AlarmDescription="A & B < C",
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": watched.name}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
        )

    def state(watched):
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"{metric}-{watched.name}"])[
            "MetricAlarms"
        ]
        return alarm["StateValue"]

    assert function.get().status_code == 200
    assert other.get().status_code == 502
    assert wait_until(lambda: state(other) == "ALARM")
    assert wait_until(lambda: state(function) == "OK")


def put(running, name, expression="IF(failed >= 2, 100 * failed / all, 0)", **changed):
    """An alarm on the share of failed calls, whose metrics a log or PutMetricData fills."""
    queries = [{"Id": "rate", "Expression": expression, "ReturnData": True}]
    for identity, statistic in (("failed", "Sum"), ("all", "SampleCount")):
        metric = {
            "Namespace": "shop",
            "MetricName": "failed",
            "Dimensions": [{"Name": "test", "Value": name}],
        }
        measured = {"Metric": metric, "Period": 300, "Stat": statistic}
        queries.append({"Id": identity, "MetricStat": measured, "ReturnData": False})
    parameters = {
        "AlarmName": name,
        "Metrics": queries,
        "EvaluationPeriods": 1,
        "Threshold": 50,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    client(running, "cloudwatch").put_metric_alarm(**parameters | changed)


def described(running, name):
    (alarm,) = client(running, "cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def test_an_alarm_on_an_expression_follows_metrics_that_a_log_line_has(deploy, running):
    function = deploy("""
import json, time

def handler(event, context):
    failed = int(event["rawPath"] == "/fail")
    metric = {"Namespace": "shop", "Dimensions": [["test"]], "Metrics": [{"Name": "failed"}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": about, "test": "embedded", "failed": failed}))
""")
    put(running, "embedded")
    assert described(running, "embedded")["Metrics"][0]["Expression"].startswith("IF(")
    # Nothing was counted: that is good here.
    assert wait_until(lambda: described(running, "embedded")["StateValue"] == "OK")
    function.get()
    function.get("fail")
    function.get("fail")
    assert wait_until(lambda: described(running, "embedded")["StateValue"] == "ALARM")
    assert "66.6667" in described(running, "embedded")["StateReason"]
    function.get()
    function.get()
    assert wait_until(lambda: described(running, "embedded")["StateValue"] == "OK")


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")],
)
def test_missing_data_counts_as_the_alarm_says(running, treatment, state):
    put(running, treatment, TreatMissingData=treatment)
    assert wait_until(lambda: described(running, treatment)["StateValue"] == state)


def test_an_alarm_needs_as_many_bad_periods_as_it_says(running):
    parameters = {
        "Namespace": "shop",
        "MetricName": "slow",
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch, now = client(running, "cloudwatch"), datetime.now(UTC)
    datum = {"MetricName": "slow", "Value": 9, "Timestamp": now - timedelta(seconds=30)}
    cloudwatch.put_metric_data(Namespace="shop", MetricData=[datum])
    cloudwatch.put_metric_alarm(AlarmName="slow", **parameters, Metrics=[])
    assert wait_until(lambda: described(running, "slow")["StateValue"] == "OK")
    earlier = datum | {"Timestamp": now - timedelta(seconds=90)}
    cloudwatch.put_metric_data(Namespace="shop", MetricData=[earlier])
    assert wait_until(lambda: described(running, "slow")["StateValue"] == "ALARM")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"expression": "SEARCH('{shop} failed', 'Sum', 300)"}, "does not evaluate"),
        ({"expression": "failed / gone"}, "uses gone"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "does not compare"),
    ],
)
def test_an_alarm_that_could_not_be_evaluated_is_refused(running, changed, said):
    with pytest.raises(ClientError, match=said) as refused:
        put(running, "refused", **changed)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def query(running, **parameters):
    """A request in the query protocol, which Terraform's provider uses."""
    request = AWSRequest("POST", running.endpoint, data=parameters)
    SigV4Auth(Credentials("test", "test"), "monitoring", running.region).add_auth(request)
    prepared = request.prepare()
    return httpx.post(
        prepared.url, content=str(prepared.body or ""), headers=dict(prepared.headers), timeout=60
    )


def test_describe_alarms_tells_everything_in_the_query_protocol_too(running):
    sent = {
        "AlarmName": "complete",
        "AlarmDescription": "A & B < C",
        "Namespace": "AWS/Lambda",
        "MetricName": "Throttles",
        "Statistic": "Sum",
        "Period": "120",
        "EvaluationPeriods": "2",
        "Threshold": "3",
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Unit": "Count",
    }
    listed = {
        "Dimensions.member.1.Name": "FunctionName",
        "Dimensions.member.1.Value": "f",
        "AlarmActions.member.1": TOPIC,
        "InsufficientDataActions.member.1": TOPIC,
    }
    put = query(running, Action="PutMetricAlarm", Version="2010-08-01", **sent, **listed)
    assert put.status_code == 200, put.text
    asked = {"Action": "DescribeAlarms", "Version": "2010-08-01", "AlarmNames.member.1": "complete"}
    said = query(running, **asked).text
    escaped = sent | {"AlarmDescription": "A &amp; B &lt; C", "Threshold": "3.0"}
    for name, value in escaped.items():
        assert f"<{name}>{value}</{name}>" in said
    assert "<Dimensions><member><Name>FunctionName</Name><Value>f</Value></member>" in said
    for name in ("AlarmActions", "InsufficientDataActions"):
        assert f"<{name}><member>{TOPIC}</member></{name}>" in said
