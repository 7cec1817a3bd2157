"""What the listener of a Function URL does with connections."""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx

from mesh.local_aws.function_url.ports import listen
from mesh.local_aws.http_server import HttpServer, Response


def test_repeated_cookie_headers_are_one_list(echo):
    event = echo.get(headers=[("cookie", "a=1; b=2"), ("cookie", "c=3")]).json()
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]


def test_a_connection_is_kept_for_the_next_request(echo):
    with httpx.Client(timeout=60) as kept:
        first = kept.get(echo.url).extensions["network_stream"].get_extra_info("client_addr")
        second = kept.get(echo.url).extensions["network_stream"].get_extra_info("client_addr")
    assert first == second


def test_garbage_instead_of_http_is_answered_with_400(echo):
    address = urlsplit(echo.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall(b"no http at all\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")


def test_the_next_request_on_a_connection_is_read_after_a_streamed_answer():
    async def parts():
        yield b"a part"

    async def answer(_request):
        return Response(200, [("transfer-encoding", "chunked")], parts())

    async def scenario():
        listening = listen(0)
        server = HttpServer(answer, body_limit=1000)
        await server.start(listening)
        connections = set()
        try:
            async with httpx.AsyncClient(timeout=60) as kept:
                for _ in range(5):
                    got = await kept.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
                    assert got.text == "a part"
                    stream = got.extensions["network_stream"]
                    connections.add(stream.get_extra_info("client_addr"))
        finally:
            await server.close()
        # A client opens another connection without a word when one was closed.
        assert len(connections) == 1

    asyncio.run(scenario())


def test_parts_of_an_answer_are_not_held_back_for_more():
    # asyncio turns Nagle's algorithm off for sockets that name their protocol, and only those.
    with listen(0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
