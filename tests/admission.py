"""Requests that no listener of this machine may take, sent as bytes over a real connection."""

from __future__ import annotations

import socket
from http.client import HTTPResponse

# The body is announced and never sent: an answer shows that nobody waited for it.
UNSENT_BODY_BYTES = 1_000_000
PAGES = {
    "a page of another site": {"origin": "https://evil.example"},
    "a page without an origin": {"origin": "null"},
    "a page of this machine": {"origin": "http://localhost:3000"},
    "an image of a page": {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    "a page of another port": {"sec-fetch-site": "same-site"},
    "a page that this listener served": {"sec-fetch-site": "same-origin"},
}
FOREIGN_HOSTS = {
    "another name": "evil.example:{port}",
    "a name that begins like ours": "127.0.0.1.evil.example:{port}",
    "a name that ends like ours": "evillocalhost:{port}",
    "ours as a user": "localhost:{port}@evil.example",
    "another address": "192.0.2.1:{port}",
    "AWS's own name": "s3.amazonaws.com:{port}",
    "no port": "127.0.0.1",
    "another port": "127.0.0.1:1",
    "nothing": "",
}
OWN_HOSTS = ("127.0.0.1", "LOCALHOST", "[::1]", "bucket.localhost", "b.s3.us-east-1.localhost")


def ask(
    port: int,
    headers: dict[str, str],
    *,
    method: str = "POST",
    path: str = "/",
    host: str = "127.0.0.1:{port}",
) -> tuple[int, dict[str, str], bytes]:
    """Send the head of a request and give status, headers and body of the answer.

    Args:
        port: on 127.0.0.1.
        headers: beside `Host`.
        method: of the request; GET and OPTIONS announce no body.
        path: of the request.
        host: the value of `Host`, with the port at `{port}`.
    """
    sent = {"host": host.format(port=port), **headers}
    if method not in {"GET", "OPTIONS"}:
        sent = {"content-type": "text/plain", **sent, "content-length": str(UNSENT_BODY_BYTES)}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        answer = HTTPResponse(connection, method=method)
        answer.begin()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, told, answer.read()


def is_refused(port: int, headers: dict[str, str], **request: str) -> bool:
    """Whether a request is refused, with a reason and without a word that lets pages read it."""
    status, told, body = ask(port, headers, **request)
    return (
        status == 403
        and not [name for name in told if name.startswith("access-control-")]
        and told["content-type"] == "application/json"
        and b"essage" in body
    )
