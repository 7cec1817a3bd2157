"""The Invoke operation: docs.aws.amazon.com/lambda/latest/api/API_Invoke.html."""

import base64
import io
import json
import zipfile

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.fixtures.deployed import ECHO, wait_until


@pytest.fixture(scope="module")
def function(deploy):
    return deploy(ECHO, auth=None)


def test_the_payload_goes_in_and_the_result_comes_out(function):
    answer = function.api.invoke(FunctionName=function.name, Payload=json.dumps({"é": [1]}))
    assert json.load(answer["Payload"]) == {"é": [1]}
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer


def test_a_qualifier_chooses_the_version_and_the_arn_tells(deploy):
    function = deploy(
        "def handler(event, context):\n    return context.invoked_function_arn\n", auth=None
    )
    for qualifier, executed in (("live", "1"), ("1", "1"), ("$LATEST", "$LATEST")):
        answer = function.api.invoke(FunctionName=function.name, Qualifier=qualifier)
        assert json.load(answer["Payload"]).endswith(f":{function.name}:{qualifier}")
        assert answer["ExecutedVersion"] == executed


def test_an_exception_is_a_function_error_with_its_traceback(deploy):
    function = deploy("def handler(event, context):\n    raise KeyError('k')\n", auth=None)
    answer = function.api.invoke(FunctionName=function.name, LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    error = json.load(answer["Payload"])
    assert (error["errorType"], error["errorMessage"]) == ("KeyError", "'k'")
    assert '"/var/task/handler.py", line 2' in error["stackTrace"][0]
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert tail.startswith("INIT_START")
    assert "[ERROR] KeyError: 'k'" in tail
    assert "REPORT RequestId: " in tail


def test_an_event_invocation_runs_later(deploy):
    function = deploy("def handler(event, context):\n    print('got', event['x'])\n", auth=None)
    answer = function.api.invoke(
        FunctionName=function.name, InvocationType="Event", Payload=b'{"x": 5}'
    )
    assert answer["StatusCode"] == 202
    assert "got 5" in function.wait_for_log("got 5")


def test_a_dry_run_runs_nothing(function):
    answer = function.api.invoke(FunctionName=function.name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204


def test_an_unknown_function_or_qualifier_is_not_found(function):
    for name, qualifier in (("nothing-here", "$LATEST"), (function.name, "9")):
        with pytest.raises(function.api.exceptions.ResourceNotFoundException):
            function.api.invoke(FunctionName=name, Qualifier=qualifier)


def test_a_payload_over_6_mb_is_refused(function):
    with pytest.raises(ClientError, match="6291456"):
        function.api.invoke(FunctionName=function.name, Payload=b'"' + b"x" * 6_291_460 + b'"')


def test_a_payload_that_is_no_json_is_refused(function):
    with pytest.raises(function.api.exceptions.InvalidRequestContentException):
        function.api.invoke(FunctionName=function.name, Payload=b"{")


def test_throttling_is_told_with_its_reason(deploy):
    function = deploy(ECHO, auth=None)
    function.api.put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    with pytest.raises(function.api.exceptions.TooManyRequestsException) as refused:
        function.api.invoke(FunctionName=function.name)
    reason = refused.value.response["Reason"]
    assert reason == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_the_download_of_a_version_is_that_versions_zip(deploy):
    function = deploy("def handler(event, context):\n    return 'first'\n", auth=None)
    function.update("def handler(event, context):\n    return 'second'\n")
    found = {}
    for qualifier in ("1", "2", "live", "$LATEST"):
        location = function.api.get_function(FunctionName=function.name, Qualifier=qualifier)[
            "Code"
        ]["Location"]
        archive = zipfile.ZipFile(io.BytesIO(httpx.get(location, timeout=60).content))
        found[qualifier] = "first" if b"first" in archive.read("handler.py") else "second"
    assert found == {"1": "first", "2": "second", "live": "first", "$LATEST": "second"}


def test_deleting_a_function_ends_its_instances(deploy):
    function = deploy(ECHO, auth=None)
    function.api.invoke(FunctionName=function.name)
    function.api.delete_function(FunctionName=function.name)

    def names():
        return {instance["function"] for instance in function.running.status()["instances"]}

    assert wait_until(lambda: function.name not in names())
