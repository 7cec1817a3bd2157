"""What a Function URL makes of a result: urls-invocation.html#urls-response-payload."""

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

    def answer(value, **options):
        return httpx.post(function.url, content=json.dumps(value), headers=JSON, **options)

    return answer


@pytest.mark.parametrize("value", ["Hello, world!", {"message": "hi"}, [1, 2], 7, None])
def test_a_result_without_status_is_a_200_with_the_result_as_json(result, value):
    answer = result(value)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == value


def test_status_headers_cookies_and_body_are_taken(result):
    answer = result(
        {
            "statusCode": 201,
            "headers": {"X-One": "1", "Content-Type": "text/html"},
            "cookies": ["a=1; Secure", "b=2"],
            "body": "<p>",
        }
    )
    assert answer.status_code == 201
    assert (answer.headers["x-one"], answer.headers["content-type"]) == ("1", "text/html")
    assert answer.headers.get_list("set-cookie") == ["a=1; Secure", "b=2"]
    assert answer.text == "<p>"


def test_content_type_is_json_when_the_function_names_none(result):
    assert result({"statusCode": 200}).headers["content-type"] == "application/json"


def test_a_base64_body_is_decoded(result):
    answer = result({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True})
    assert answer.content == b"\x00\xff"


def test_every_answer_has_a_request_id(result):
    ids = {result(1).headers["x-amzn-requestid"] for _ in range(2)}
    assert len(ids) == 2


def test_headers_that_lambda_owns_are_renamed(result):
    answer = result({"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer", "Date": "never"}})
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Bearer"
    assert answer.headers["x-amzn-remapped-date"] == "never"
    assert "www-authenticate" not in answer.headers
    assert answer.headers["date"] != "never"


@pytest.mark.parametrize("status", [204, 304])
def test_no_body_where_http_has_none(result, status):
    answer = result({"statusCode": status, "body": "ignored"})
    assert (answer.status_code, answer.content) == (status, b"")


def test_head_gets_headers_only(echo):
    answer = httpx.head(echo.url)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


@pytest.mark.parametrize(
    "value",
    [
        {"statusCode": "fine"},
        {"statusCode": 99},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x": {}}},
        {"statusCode": 200, "headers": {"x": "a\r\nb: c"}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
    ],
)
def test_a_bad_shape_is_a_502_without_detail(result, value):
    answer = result(value)
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")


def test_a_request_over_6_mb_is_a_413(echo):
    headers = {"content-type": "text/plain"}
    answer = httpx.post(echo.url, content=b"x" * 6_291_456, headers=headers, timeout=30)
    assert answer.status_code == 413
    assert "6291456" in answer.json()["Message"]


def test_base64_counts_against_the_6_mb(echo):
    answer = httpx.post(echo.url, content=b"\xff" * 5_000_000, timeout=30)
    assert answer.status_code == 413


def test_a_request_just_below_6_mb_passes(deploy):
    function = deploy("def handler(event, context):\n    return len(event['body'])\n")
    headers = {"content-type": "text/plain"}
    answer = httpx.post(function.url, content=b"x" * 6_280_000, headers=headers, timeout=30)
    assert answer.json() == 6_280_000


def test_a_result_over_6_mb_is_a_502_and_the_log_says_why(deploy):
    function = deploy("def handler(event, context):\n    return 'x' * 6_291_600\n")
    assert function.get().status_code == 502
    assert "Function.ResponseSizeTooLarge" in function.wait_for_log("ResponseSizeTooLarge")
