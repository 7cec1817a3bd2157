"""CORS settings of a Function URL: those of `conftest.CORS`."""

import pytest

from tests.local.contract.conftest import ORIGIN

ASKING = {"origin": ORIGIN, "access-control-request-method": "POST"}


def listed(answer, name):
    return {item.strip().lower() for item in answer.headers[name].split(",")}


def test_a_preflight_is_answered_by_the_url_itself(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors"""
    wanted = {**ASKING, "access-control-request-headers": "x-team"}
    answer = url.request("OPTIONS", "raise", headers=wanted)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "300"
    assert "post" in listed(answer, "access-control-allow-methods")
    assert "x-team" in listed(answer, "access-control-allow-headers")


def test_a_preflight_needs_no_signature(iam_url):
    """https://fetch.spec.whatwg.org/#cors-protocol-and-credentials: it carries no credentials."""
    answer = iam_url.request("OPTIONS", headers=ASKING)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_another_origin_is_not_allowed(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors"""
    asked = url.request("OPTIONS", headers={**ASKING, "origin": "https://evil.example"})
    assert "access-control-allow-origin" not in asked.headers
    sent = url.get(headers={"origin": "https://evil.example"})
    assert sent.status_code == 200
    assert "access-control-allow-origin" not in sent.headers


def test_responses_carry_the_settings(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors"""
    answer = url.returning({"statusCode": 404}, headers={"origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert listed(answer, "access-control-expose-headers") == {"x-shown"}


def test_a_functions_own_headers_stay_beside_those_of_the_settings(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors

    Browsers refuse two values of Access-Control-Allow-Origin, so a function must send none.
    """
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://other.example"}}
    answer = url.returning(own, headers={"origin": ORIGIN})
    allowed = answer.headers.get_list("access-control-allow-origin")
    assert sorted(allowed) == [ORIGIN, "https://other.example"]


@pytest.mark.parametrize("action", ["raise", "large?bytes=6291600"])
def test_errors_of_lambda_itself_carry_the_settings(url, action):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors

    "To all responses through the function URL".
    """
    answer = url.get(action, headers={"origin": ORIGIN})
    assert answer.status_code == 502
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_responses_differ_by_origin_and_say_so(url):
    """https://fetch.spec.whatwg.org/#cors-protocol-and-http-caches"""
    answer = url.get(headers={"origin": ORIGIN})
    assert "origin" in listed(answer, "vary")


def test_names_of_headers_come_in_lower_case(url):
    """https://github.com/go-to-k/cdk-real-drift/issues/874, seen on a live Function URL

    The settings were given as `Content-Type` and `X-Shown`.
    """
    asked = url.request("OPTIONS", headers=ASKING)
    assert asked.headers["access-control-allow-headers"] == "content-type,x-team"
    sent = url.get(headers={"origin": ORIGIN})
    assert sent.headers["access-control-expose-headers"] == "x-shown"


def test_options_that_is_no_preflight_reaches_the_function(url):
    """https://fetch.spec.whatwg.org/#cors-preflight-request"""
    assert url.request("OPTIONS").json()["requestContext"]["http"]["method"] == "OPTIONS"
