"""CORS settings of a Function URL: those of `conftest.CORS`."""

from tests.contract.conftest import ORIGIN

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


def test_a_function_does_not_undo_the_settings(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors"""
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "https://other.example"}}
    answer = url.returning(own, headers={"origin": ORIGIN})
    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]


def test_options_that_is_no_preflight_reaches_the_function(url):
    """https://fetch.spec.whatwg.org/#cors-preflight-request"""
    assert url.request("OPTIONS").json()["requestContext"]["http"]["method"] == "OPTIONS"
