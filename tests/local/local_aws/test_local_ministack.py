"""MiniStack's bugs that `ministack_patches` works round, each seen without the patch.

A test that fails here means: upstream has fixed it, and its patch can go.
"""

import json
import subprocess
import sys
import textwrap
from importlib.metadata import version

import pytest

from tests.fixtures.deployed import ECHO, client, deploy

# A fresh interpreter, so that nothing is patched.
PRELUDE = """
import asyncio, base64, io, json, zipfile
from ministack.services import lambda_svc as svc

def call(method, path, body=None, **query):
    data = json.dumps(body).encode() if body is not None else b""
    status, _, answer = asyncio.run(svc.handle_request(
        method, "/2015-03-31/functions" + path, {}, data, {k: [v] for k, v in query.items()}))
    return status, json.loads(answer or b"null")

def create(**more):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("h.py", "")
    call("POST", "", {"FunctionName": "f", "Runtime": "python3.13", "Handler": "h.h",
        "Role": "arn:aws:iam::000000000000:role/r", "Publish": True,
        "Code": {"ZipFile": base64.b64encode(packed.getvalue()).decode()}, **more})
    call("POST", "/f/aliases", {"Name": "live", "FunctionVersion": "1"})

def permit(sid, **query):
    return call("POST", "/f/policy", {"StatementId": sid, "Action": "lambda:InvokeFunction",
        "Principal": "*"}, **query)[0]
"""

# An alarm on the errors of function a, in the query protocol, which Terraform speaks.
ALARM = """
from ministack.services import cloudwatch as cw

sent = {"AlarmName": "a", "MetricName": "Errors", "Namespace": "AWS/Lambda", "Statistic": "Sum",
    "Period": "60", "EvaluationPeriods": "1", "Threshold": "1",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Dimensions.member.1.Name": "FunctionName", "Dimensions.member.1.Value": "a",
    "InsufficientDataActions.member.1": "arn:aws:sns:us-east-1:000000000000:t"}
cw._put_metric_alarm({k: [v] for k, v in sent.items()}, {}, False)

def described():
    return cw._describe_alarms({}, {}, False)[2].decode()
"""


def unpatched(code, tmp_path):
    script = PRELUDE + textwrap.dedent(code)
    environment = {
        "PATH": "/usr/bin:/bin",
        "TMPDIR": str(tmp_path),
        "STATE_DIR": str(tmp_path),
        "LOG_LEVEL": "ERROR",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        pytest.param(
            "create()\nprint(json.dumps(call('POST', '/f/url', {'AuthType': 'NONE'},"
            " Qualifier='live')[1]['FunctionArn'].endswith(':f')))",
            True,
            id="the ARN of an alias's URL lacks the alias",
        ),
        pytest.param(
            "create()\ncall('POST', '/f/url', {'AuthType': 'NONE'})\ncall('DELETE', '/f')\n"
            "print(len(svc._function_urls))",
            1,
            id="a URL outlives its function",
        ),
        pytest.param(
            "create()\nprint(json.dumps(':1' in call('GET', '/f', Qualifier='1')[1]"
            "['Code']['Location'].partition('/_ministack')[2]))",
            False,
            id="Code.Location of a version is that of $LATEST",
        ),
        pytest.param(
            "create()\nprint([permit('s'), permit('s', Qualifier='live')][1])",
            409,
            id="a statement id of another qualifier is a conflict",
        ),
        pytest.param(
            "create()\npermit('s')\npermit('t', Qualifier='live')\n"
            "call('DELETE', '/f/policy/t')\nprint(len(svc._functions['f']['policy']['Statement']))",
            1,
            id="RemovePermission without qualifier removes an alias's statement",
        ),
        pytest.param(
            "create()\npermit('url-grant')\ncall('DELETE', '/f/policy/url-grant')\n"
            "print(len(svc._functions['f']['policy']['Statement']))",
            1,
            id="RemovePermission of a statement id that starts with url goes astray",
        ),
        pytest.param(
            ALARM + "print(json.dumps('<Period>' in described()))",
            False,
            id="DescribeAlarms omits fields",
        ),
        pytest.param(
            ALARM + "print(json.dumps(cw._alarms['a']['InsufficientDataActions']))",
            [],
            id="PutMetricAlarm forgets InsufficientDataActions",
        ),
        pytest.param(
            ALARM + "del sent['Statistic']\nsent['ExtendedStatistic'] = 'p99'\n"
            "cw._put_metric_alarm({k: [v] for k, v in sent.items()}, {}, False)\n"
            "print(json.dumps(cw._alarms['a']['Statistic']))",
            "Average",
            id="PutMetricAlarm makes up a statistic beside a percentile",
        ),
        pytest.param(
            "from ministack.services import cloudwatch_logs as logs\n"
            "target = {'x-amz-target': 'Logs_20140328.PutQueryDefinition'}\n"
            "print(asyncio.run(logs.handle_request('POST', '/', target, b'{}', {}))[0])",
            400,
            id="there are no saved queries",
        ),
        pytest.param(
            "from ministack.services import cloudwatch_logs as logs\n"
            "target = {'x-amz-target': 'Logs_20140328.DisassociateKmsKey'}\n"
            "print(asyncio.run(logs.handle_request('POST', '/', target, b'{}', {}))[0])",
            400,
            id="a log group's key cannot be taken away",
        ),
        pytest.param(
            "create(CodeSigningConfigArn='arn')\n"
            "print(json.dumps(svc._functions['f'].get('code_signing_config_arn')))",
            None,
            id="CreateFunction forgets the code signing configuration",
        ),
        pytest.param(
            "create()\ncall('PUT', '/f/configuration', {'DeadLetterConfig': {'TargetArn': ''}})\n"
            "print(json.dumps(svc._functions['f']['config'].get('DeadLetterConfig')))",
            {"TargetArn": ""},
            id="a dead-letter queue that is taken away stays as an empty one",
        ),
        pytest.param(
            "svc._snapstart_provision_version_async = lambda *_: None\n"
            "create(SnapStart={'ApplyOn': 'PublishedVersions'})\n"
            "svc._functions['f']['config'] |= "
            "{'LastUpdateStatus': 'Successful', 'MemorySize': 256}\n"
            "call('POST', '/f/versions', {})\n"
            "version = svc._functions['f']['versions']['2']['config']\n"
            "print(json.dumps([version['State'], version.get('LastUpdateStatus')]))",
            ["Pending", "Successful"],
            id="a version without its snapshot yet was updated with success",
        ),
        pytest.param(
            "from ministack.services import waf\n"
            "record = waf.create_web_acl_record('a', 'CLOUDFRONT', {'CustomResponseBodies': {}})\n"
            "print(json.dumps('CustomResponseBodies' in record[2]))",
            False,
            id="a web ACL forgets the answers that its rules refer to",
        ),
        pytest.param(
            ALARM + "cw.record_metric('AWS/Lambda', 'Errors', 1, 'Count', {'FunctionName': 'b'})\n"
            "cw._evaluate_all_alarms()\nprint(json.dumps(cw._alarms['a']['StateValue']))",
            "ALARM",
            id="an alarm sees the metrics of other functions",
        ),
        pytest.param(
            "from ministack.services import ecs\n"
            "sent = {'serviceName': 's', 'availabilityZoneRebalancing': 'ENABLED'}\n"
            "ecs._create_service(sent)\n"
            "print(json.dumps(ecs._services['default/s'].get('availabilityZoneRebalancing')))",
            None,
            id="a service forgets whether it spreads over zones",
        ),
        pytest.param(
            "from ministack.services import ec2\n"
            "rule = {'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}\n"
            "print(json.dumps(ec2._rules_match(rule, {**rule, 'FromPort': 0, 'ToPort': 0})))",
            False,
            id="a rule for all protocols is another one with ports",
        ),
    ],
)
def test_the_bug_is_still_there(code, wrong, tmp_path):
    assert unpatched(code, tmp_path) == wrong


def test_statement_ids_are_unique_for_each_qualifier_only(running):
    function = deploy(running, ECHO, granted=False)
    api = function.api
    common = {
        "FunctionName": function.name,
        "StatementId": "same",
        "Action": "lambda:InvokeFunction",
        "Principal": "*",
    }
    api.add_permission(**common)
    added = api.add_permission(**common, Qualifier="live")
    assert json.loads(added["Statement"])["Sid"] == "same"
    with pytest.raises(api.exceptions.ResourceConflictException):
        api.add_permission(**common, Qualifier="live")
    api.remove_permission(FunctionName=function.name, StatementId="same")
    policy = json.loads(api.get_policy(FunctionName=function.name, Qualifier="live")["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["same"]
    with pytest.raises(api.exceptions.ResourceNotFoundException):
        api.remove_permission(FunctionName=function.name, StatementId="same")


def test_a_statement_id_that_starts_with_url_can_be_removed(running):
    function = deploy(running, ECHO)
    api = function.api
    api.remove_permission(FunctionName=function.name, Qualifier="live", StatementId="url")
    policy = json.loads(api.get_policy(FunctionName=function.name, Qualifier="live")["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["via-url"]


def test_the_pinned_version_is_the_one_these_were_seen_in():
    assert version("ministack") == "1.5.33"


def test_a_deleted_alias_takes_its_url_along(running):
    function = deploy(running, ECHO)
    function.api.delete_alias(FunctionName=function.name, Name="live")
    listed = client(running, "lambda").list_function_url_configs(FunctionName=function.name)
    assert listed["FunctionUrlConfigs"] == []
