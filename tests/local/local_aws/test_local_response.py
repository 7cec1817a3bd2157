"""What a Function URL makes of a result, where AWS's own answer is not documented."""

import json

import httpx
import pytest

JSON = {"content-type": "application/json"}

# Returns the JSON of its body: each test decides the result.
RESULT = """
import json

def handler(event, context):
    return json.loads(event["body"])
"""


@pytest.fixture(scope="module")
def result(deploy):
    function = deploy(RESULT)

    def answer(value):
        return httpx.post(function.url, content=json.dumps(value), headers=JSON, timeout=60)

    return answer


@pytest.mark.parametrize(
    "value", [{"statusCode": 99}, {"statusCode": 200, "headers": {"x": "a\r\nb: c"}}], ids=str
)
def test_what_http_does_not_allow_is_a_502(result, value):
    answer = result(value)
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")


def test_a_request_over_6_mb_is_told_the_limit(echo):
    answer = httpx.post(echo.url, content=b"\xff" * 5_000_000, timeout=30)
    assert answer.status_code == 413
    assert "6291456" in answer.json()["Message"]


def test_a_result_over_6_mb_is_a_502_and_the_log_says_why(deploy):
    function = deploy("def handler(event, context):\n    return 'x' * 6_291_600\n")
    assert function.get().status_code == 502
    assert "Function.ResponseSizeTooLarge" in function.wait_for_log("ResponseSizeTooLarge")
