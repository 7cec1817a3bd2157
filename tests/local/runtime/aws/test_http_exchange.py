"""One exchange over one connection, whatever the other side makes of it."""

import socket
import threading
from contextlib import contextmanager

import pytest

from mesh.runtime.aws import tls
from mesh.runtime.aws.http_exchange import ExchangeError, TooLongError, get, post


@contextmanager
def answering(*chunks: bytes, close: bool = True):
    """A server of one answer: its address, and what it reads."""
    listener = socket.create_server(("127.0.0.1", 0))
    read: list[bytes] = []
    done = threading.Event()

    def serve():
        connection, _ = listener.accept()
        with connection:
            read.append(connection.recv(65536))
            for chunk in chunks:
                connection.sendall(chunk)
            if not close:
                done.wait(10)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", read
    finally:
        done.set()
        thread.join(10)
        listener.close()


def test_status_and_body_come_back_and_the_request_is_whole():
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as (url, read):
        assert post(url, {"host": "h", "x-a": "b"}, b"body", 5) == (200, b"ok")
    head, _, body = read[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\nhost: h\r\nx-a: b\r\ncontent-length: 4\r\n")
    assert body == b"body"


@pytest.mark.parametrize(
    "chunks",
    [
        [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", b"llo"],
        [
            (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"
            )
        ],
        [b"HTTP/1.0 200 OK\r\n\r\nhe", b"llo"],
    ],
)
def test_every_way_to_end_a_body_is_understood(chunks):
    with answering(*chunks) as (url, _):
        assert post(url, {"host": "h"}, b"", 5) == (200, b"hello")


@pytest.mark.parametrize("target", ["/keys?a=b/c", "?a=b", ""])
def test_a_query_is_asked_and_the_host_is_named(target):
    with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as (url, read):
        assert get(f"{url}{target}", {"x-a": "b"}, 5, 100, tls.connect) == (200, b"ok")
    line, host, more = read[0].split(b"\r\n")[:3]
    asked = target if target.startswith("/") else f"/{target}"
    assert line.decode() == f"GET {asked} HTTP/1.1"
    assert (host.decode(), more) == (f"host: {url.removeprefix('http://')}", b"x-a: b")


@pytest.mark.parametrize("coding", ["content-length: 101", "transfer-encoding: chunked"])
def test_a_body_is_read_up_to_its_limit(coding):
    body = b"x" * 101 if "length" in coding else b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n"
    head = f"HTTP/1.1 200 OK\r\n{coding}\r\n\r\n".encode()
    with answering(head, body) as (url, _):
        assert get(url, {}, 5, 101, tls.connect)[1] == b"x" * 101
    with answering(head, body) as (url, _), pytest.raises(TooLongError):
        get(url, {}, 5, 100, tls.connect)


def test_an_address_of_ipv6_is_connected_to():
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        url = f"http://[::1]:{taken.getsockname()[1]}/keys"
        with pytest.raises(ExchangeError, match="ConnectionRefusedError"):
            get(url, {}, 5, 100, tls.connect)


def test_a_connection_that_stays_open_does_not_delay_a_whole_answer():
    with answering(b"HTTP/1.1 400 No\r\ncontent-length: 2\r\n\r\nno", close=False) as (url, _):
        assert post(url, {"host": "h"}, b"", 30) == (400, b"no")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "without an answer"),
        (b"HTTP/1.1 200 OK\r\n", "without an answer"),
        (b"SSH-2.0-x\r\n\r\n", "no HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi", "cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhi", "cut off"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "cut off"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_200_000, "1048576 bytes"),
    ],
)
def test_what_is_no_whole_answer_is_an_error(answer, said):
    with answering(answer) as (url, _), pytest.raises(ExchangeError, match=said):
        post(url, {"host": "h"}, b"", 5)


def test_nobody_there_and_no_answer_in_time_are_errors():
    with pytest.raises(ExchangeError, match="Refused"):
        post("http://127.0.0.1:1", {"host": "h"}, b"", 5)
    with answering(close=False) as (url, _), pytest.raises(ExchangeError, match="Timeout"):
        post(url, {"host": "h"}, b"", 0.2)
