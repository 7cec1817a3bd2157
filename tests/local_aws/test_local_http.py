"""What the listener of a Function URL does with connections."""

import socket
from urllib.parse import urlsplit

import httpx


def test_repeated_cookie_headers_are_one_list(echo):
    event = echo.get(headers=[("cookie", "a=1; b=2"), ("cookie", "c=3")]).json()
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]


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
