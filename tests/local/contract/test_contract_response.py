"""The response that a Function URL makes of what the function returned."""

import pytest


@pytest.mark.parametrize("value", ["Hello, world!", {"message": "hi"}, [1, 2], 7, None], ids=str)
def test_a_result_without_status_is_a_200_with_the_result_as_json(url, value):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload"""
    answer = url.returning(value)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == value


def test_status_headers_cookies_and_body_are_taken(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-cookies"""
    answer = url.returning(
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


def test_content_type_is_json_when_the_function_names_none(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload"""
    assert url.returning({"statusCode": 200}).headers["content-type"] == "application/json"


def test_a_base64_body_is_decoded(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload"""
    answer = url.returning({"statusCode": 200, "body": "AP8=", "isBase64Encoded": True})
    assert answer.content == b"\x00\xff"


@pytest.mark.parametrize("status", [200, 202, 302, 400, 401, 404, 418, 429, 500, 503])
def test_a_status_reaches_the_client_as_it_is(url, status):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload"""
    answer = url.returning({"statusCode": status, "body": "as told"}, follow_redirects=False)
    assert (answer.status_code, answer.text) == (status, "as told")


@pytest.mark.parametrize("status", [204, 304])
def test_no_body_where_http_has_none(url, status):
    """https://www.rfc-editor.org/rfc/rfc9110#section-6.4.1"""
    answer = url.returning({"statusCode": status, "body": "ignored"})
    assert (answer.status_code, answer.content) == (status, b"")


def test_head_gets_headers_only(url):
    """https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2"""
    answer = url.request("HEAD")
    assert answer.status_code == 200
    assert answer.content == b""


def test_every_answer_has_a_request_id_and_it_is_the_events(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    answers = [url.get() for _ in range(2)]
    ids = [answer.headers["x-amzn-requestid"] for answer in answers]
    assert len(set(ids)) == 2
    assert [answer.json()["requestContext"]["requestId"] for answer in answers] == ids


def test_a_challenge_is_renamed(url):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html

    That is API Gateway's page: no page of AWS says it of Function URLs, people report it.
    """
    answer = url.returning({"statusCode": 401, "headers": {"WWW-Authenticate": "Bearer"}})
    assert answer.headers["x-amzn-remapped-www-authenticate"] == "Bearer"
    assert "www-authenticate" not in answer.headers


def test_the_date_is_lambdas_own(url):
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html

    As for the challenge: API Gateway's page.
    """
    answer = url.returning({"statusCode": 200, "headers": {"Date": "never"}})
    assert answer.headers["x-amzn-remapped-date"] == "never"
    assert answer.headers["date"] != "never"


def test_a_result_just_below_6_mb_passes(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    answer = url.get("large?bytes=6280000")
    assert (answer.status_code, len(answer.content)) == (200, 6_280_000)


def test_a_result_over_6_mb_is_a_502(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    assert url.get("large?bytes=6291600").status_code == 502


@pytest.mark.parametrize(
    "result",
    [
        {"statusCode": "fine"},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "headers": {"x": {}}},
        {"statusCode": 200, "cookies": "a=1"},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
    ],
    ids=str,
)
def test_a_bad_shape_is_a_502_without_detail(url, result):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-response-payload"""
    answer = url.returning(result)
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")


@pytest.mark.parametrize("action", ["raise", "exit", "sleep"])
def test_a_failure_of_the_function_is_a_502_without_detail(url, action):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-monitoring.html

    An exception, an exit of the process, a timeout: function errors are 5XX.
    """
    answer = url.get(action)
    assert (answer.status_code, answer.text) == (502, "Internal Server Error")
    assert answer.headers["x-amzn-requestid"]
    assert url.get().status_code == 200
