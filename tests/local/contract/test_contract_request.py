"""The event that a Function URL makes of a request: payload format 2.0."""

import base64
import http.client
import time
from urllib.parse import urlsplit

import pytest


def test_path_and_query_arrive_as_they_were_sent(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.get("a%20b/%C3%A9?q=1&q=2&empty=&sp=a+b%2Fc").json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "$default"
    assert event["rawPath"] == "/a%20b/%C3%A9"
    assert event["rawQueryString"] == "q=1&q=2&empty=&sp=a+b%2Fc"


def test_repeated_query_parameters_are_joined_with_commas(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.get("?q=1&q=2&empty=&sp=a+b%2Fc").json()
    assert event["queryStringParameters"] == {"q": "1,2", "empty": "", "sp": "a b/c"}


def test_headers_are_lower_case_and_repeated_ones_joined(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    headers = url.get(headers=[("X-Team", "a"), ("x-team", "b")]).json()["headers"]
    assert headers["x-team"] == "a,b"
    assert all(name == name.lower() for name in headers)


def test_headers_that_lambda_adds(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.get().json()
    headers = event["headers"]
    assert headers["host"] == urlsplit(url.url).netloc
    assert headers["x-forwarded-for"] == event["requestContext"]["http"]["sourceIp"]
    assert headers["x-forwarded-proto"] == urlsplit(url.url).scheme
    assert headers["x-amzn-trace-id"].startswith("Root=1-")


def test_cookies_are_a_list_and_no_header(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.get(headers={"cookie": "a=1; b=2; c=3"}).json()
    assert event["cookies"] == ["a=1", "b=2", "c=3"]


def test_request_context_tells_who_what_and_when(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.request("DELETE", "x", headers={"user-agent": "probe/1"}).json()
    context = event["requestContext"]
    http = context["http"]
    assert (http["method"], http["path"], http["userAgent"]) == ("DELETE", "/x", "probe/1")
    assert http["protocol"] == "HTTP/1.1"
    assert context["accountId"] == "anonymous"
    assert context["routeKey"] == context["stage"] == "$default"
    assert context["domainName"] == event["headers"]["host"]
    assert context["domainPrefix"] == context["apiId"]
    assert len(context["apiId"]) == 32
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60
    assert time.strptime(context["time"], "%d/%b/%Y:%H:%M:%S +0000").tm_year > 2000
    assert "authorizer" not in context


@pytest.mark.only_on_aws("a loopback port has no TLS and no name of its own")
def test_the_domain_is_the_urls_id_in_its_region(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html"""
    context = url.get().json()["requestContext"]
    assert context["domainName"] == f"{context['apiId']}.lambda-url.{url.region}.on.aws"


@pytest.mark.only_on_aws("a loopback port has no TLS and no name of its own")
def test_requests_come_by_https_on_port_443(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    headers = url.get().json()["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")


def test_what_a_request_does_not_have_is_left_out(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.get().json()
    assert event["rawPath"] == "/"
    assert event["rawQueryString"] == ""
    assert not {"cookies", "queryStringParameters", "body"} & event.keys()
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/xml"])
def test_text_bodies_arrive_as_text(url, kind):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.post(content="grün", headers={"content-type": kind}).json()
    assert (event["body"], event["isBase64Encoded"]) == ("grün", False)


@pytest.mark.parametrize("headers", [{"content-type": "application/octet-stream"}, {}], ids=str)
def test_other_bodies_arrive_as_base64(url, headers):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    event = url.post(content=b"\x00\xff", headers=headers).json()
    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_a_chunked_body_arrives_whole(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    address = urlsplit(url.url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[address.scheme](address.netloc, timeout=30)
    headers = {"content-type": "text/plain"}
    connection.request("POST", "/length", body=iter([b"one ", b"two"]), headers=headers)
    assert connection.getresponse().read() == b"7"
    connection.close()


def test_a_request_just_below_6_mb_passes(url):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    headers = {"content-type": "text/plain"}
    assert url.post("length", content=b"x" * 6_280_000, headers=headers).json() == 6_280_000


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"x" * 6_291_456, "text/plain"), (b"\xff" * 5_000_000, "application/octet-stream")],
    ids=["text", "base64 counts"],
)
def test_a_request_over_6_mb_is_a_413(url, body, kind):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    answer = url.post("length", content=body, headers={"content-type": kind})
    assert answer.status_code == 413
