"""The event a Function URL makes: docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html."""

import base64
import http.client
import socket
import time
from urllib.parse import urlsplit

import httpx


def test_path_and_query_arrive_as_they_were_sent(echo):
    event = echo.get("a%20b/%C3%A9?q=1&q=2&empty=&sp=a+b%2Fc").json()
    assert event["version"] == "2.0"
    assert event["routeKey"] == "$default"
    assert event["rawPath"] == "/a%20b/%C3%A9"
    assert event["rawQueryString"] == "q=1&q=2&empty=&sp=a+b%2Fc"
    assert event["queryStringParameters"] == {"q": "1,2", "empty": "", "sp": "a b/c"}


def test_headers_are_lower_case_and_repeated_ones_joined(echo):
    event = echo.get(headers=[("X-Team", "a"), ("x-team", "b"), ("User-Agent", "probe/1")]).json()
    assert event["headers"]["x-team"] == "a,b"
    assert event["headers"]["host"] == urlsplit(echo.url).netloc
    assert event["headers"]["x-forwarded-proto"] == "http"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["headers"]["x-amzn-trace-id"].startswith("Root=1-")


def test_cookies_are_a_list_and_no_header(echo):
    event = echo.get(headers=[("cookie", "a=1; b=2"), ("cookie", "c=3")]).json()
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]


def test_request_context_tells_who_what_and_when(echo):
    event = httpx.delete(echo.url + "x", headers={"user-agent": "probe/1"}).json()
    context = event["requestContext"]
    assert context["http"] == {
        "method": "DELETE",
        "path": "/x",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "probe/1",
    }
    assert context["accountId"] == "anonymous"
    assert context["routeKey"] == context["stage"] == "$default"
    assert context["domainName"] == event["headers"]["host"]
    assert context["domainPrefix"] == context["apiId"]
    assert len(context["apiId"]) == 32
    assert abs(context["timeEpoch"] / 1000 - time.time()) < 60
    moment = time.strptime(context["time"], "%d/%b/%Y:%H:%M:%S +0000")
    assert moment.tm_year == time.gmtime().tm_year
    assert "authorizer" not in context


def test_what_a_request_does_not_have_is_left_out(echo):
    event = echo.get().json()
    assert event["rawPath"] == "/"
    assert not {"cookies", "queryStringParameters", "body"} & event.keys()
    assert event["isBase64Encoded"] is False


def test_text_bodies_arrive_as_text(echo):
    for kind in ("application/json", "text/plain; charset=utf-8", "application/xml"):
        event = httpx.post(echo.url, content="grün", headers={"content-type": kind}).json()
        assert (event["body"], event["isBase64Encoded"]) == ("grün", False), kind


def test_other_bodies_arrive_as_base64(echo):
    for headers in ({"content-type": "application/octet-stream"}, {}):
        event = httpx.post(echo.url, content=b"\x00\xff", headers=headers).json()
        assert event["isBase64Encoded"] is True
        assert base64.b64decode(event["body"]) == b"\x00\xff"


def test_a_chunked_body_arrives_whole(echo):
    connection = http.client.HTTPConnection(urlsplit(echo.url).netloc, timeout=10)
    headers = {"content-type": "text/plain"}
    connection.request("POST", "/", body=iter([b"one ", b"two"]), headers=headers)
    assert b'"body": "one two"' in connection.getresponse().read()
    connection.close()


def test_a_connection_is_kept_for_the_next_request(echo):
    with httpx.Client() as kept:
        first = kept.get(echo.url).extensions["network_stream"].get_extra_info("client_addr")
        second = kept.get(echo.url).extensions["network_stream"].get_extra_info("client_addr")
    assert first == second


def test_garbage_instead_of_http_is_answered_with_400(echo):
    address = urlsplit(echo.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(b"no http at all\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
