"""`mesh doctor auth` asks any MCP server, and names what of its answers stops clients."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

WELL_KNOWN = "/.well-known/oauth-protected-resource"
SERVER = "this server"


class OtherServer:
    """A server that Mesh does not run: it takes every token, also one that is no JWT."""

    def __init__(self, issuer: str) -> None:
        other = self
        self.refusal = 401

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                document = other.documents.get(self.path)
                self._answer(404 if document is None else 200, document)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                known = "authorization" in self.headers
                self._answer(200 if known else other.refusal, {})

            def _answer(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/mcp"
        document = {"resource": self.url, "authorization_servers": [issuer]}
        self.documents: dict[str, Any] = {f"{WELL_KNOWN}/mcp": document, WELL_KNOWN: document}


@pytest.fixture
def other(issuer) -> Iterator[OtherServer]:
    made = OtherServer(issuer.url)
    thread = threading.Thread(target=made.server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def test_another_server_may_take_what_mesh_refuses(other, issuer, ask):
    issuer.opaque = "ya29.a0AfH6SMBx"
    asked = ask(other.url)
    assert asked.state("token") == "note"
    assert asked.state("call") == "ok"
    # Nobody can know that from outside.
    assert "Mesh does not run it" in asked.told("function")
    assert asked.exit_code == 1


def test_metadata_at_one_address_alone_is_a_note(other, ask):
    del other.documents[WELL_KNOWN]
    assert ask(other.url).state("resource") == "note"


def test_a_server_without_a_refusal_needs_no_sign_in(other, ask):
    other.refusal = 200
    asked = ask(other.url)
    assert "no sign-in is needed" in asked.told("server")
    assert asked.exit_code == 0


def without_metadata(other):
    other.documents.clear()


def of_another(other):
    other.documents[f"{WELL_KNOWN}/mcp"] = {"resource": "https://other.example/mcp"}


def without_issuer(other):
    other.documents[f"{WELL_KNOWN}/mcp"] = {"resource": other.url}


def with_status(status):
    return lambda other: setattr(other, "refusal", status)


@pytest.mark.parametrize(
    ("break_it", "step", "remedy"),
    [
        pytest.param(without_metadata, "resource", "RFC 9728", id="no metadata"),
        pytest.param(of_another, "resource", "`resource`", id="metadata of another server"),
        pytest.param(without_issuer, "resource", "oauth_issuer", id="no issuer"),
        pytest.param(with_status(403), "server", "function_url_auth", id="IAM"),
        pytest.param(with_status(500), "server", "MCP endpoint", id="no 401"),
    ],
)
def test_a_server_that_clients_cannot_begin_with_is_named(other, ask, break_it, step, remedy):
    break_it(other)
    asked = ask(other.url)
    failed, party, advice = asked.failure()
    assert (failed, party) == (step, SERVER)
    assert remedy in advice
    assert asked.exit_code == 2


def test_a_server_that_does_not_answer_is_named(ask):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    asked = ask(f"http://127.0.0.1:{port}/mcp")
    assert asked.failure()[:2] == ("server", SERVER)
    assert "connection refused" in asked.told("server")
