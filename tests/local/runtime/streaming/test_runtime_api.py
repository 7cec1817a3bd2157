"""What a Runtime API may do that local AWS's does not: chunks, pieces, connections that end."""

import socket
import threading
from contextlib import closing, contextmanager

import pytest

from mesh.runtime.streaming.runtime_api import RuntimeApi, RuntimeApiError

SECONDS = 30
HEAD = (
    b"Lambda-Runtime-Aws-Request-Id: 7\r\nLambda-Runtime-Deadline-Ms: 1\r\n"
    b"Lambda-Runtime-Trace-Id: Root=1\r\nLambda-Runtime-Invoked-Function-Arn: arn\r\n"
)


@contextmanager
def serving(*connections):
    """A server that gives each connection its pieces, a request at a time, and ends it."""
    asked, ended = [], threading.Semaphore(0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)

        def work():
            for pieces in connections:
                taken, _ = listener.accept()
                with closing(taken):
                    for piece in pieces:
                        if piece is None:
                            asked.append(taken.recv(1000))
                        else:
                            taken.sendall(piece)
                ended.release()

        thread = threading.Thread(target=work)
        thread.start()
        api = RuntimeApi(f"127.0.0.1:{listener.getsockname()[1]}")
        try:
            yield api, asked, ended
        finally:
            api.disconnect()
            thread.join()


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n" + HEAD + b"Content-Length: 10\r\n\r\n", b'{"a":', b' "b"}'],
        [
            *(b"HTTP/1.1 200 OK\r\n", HEAD, b"Transfer-Encoding: Chunked\r\n\r", b"\n4;x=1\r"),
            *(b'\n{"a"\r\n00', b'6\r\n: "b"}\r\n', b"0\r\nx-a: 1\r\n", b"\r\n"),
        ],
    ],
    ids=["of a length", "in chunks"],
)
def test_an_event_comes_in_pieces(pieces):
    with serving([None, *pieces]) as (api, asked, _):
        invocation = api.next()
    assert invocation.payload == b'{"a": "b"}'
    assert (invocation.aws_request_id, invocation.trace_id) == ("7", "Root=1")
    assert asked[0].startswith(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: 127.")


def test_a_connection_that_ended_between_two_exchanges_is_replaced():
    answer = b"HTTP/1.1 200 OK\r\n" + HEAD + b"Content-Length: 1\r\n\r\n1"
    with serving([None, answer], [None, answer]) as (api, asked, ended):
        for _ in range(2):
            assert api.next().payload == b"1"
            assert ended.acquire(timeout=SECONDS)
        assert len(asked) == 2


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200", b"SSH-2.0\r\n\r\n", b""],
)
def test_no_event_is_an_error(answer):
    with serving([None, answer]) as (api, *_), pytest.raises(RuntimeApiError):
        api.next()
