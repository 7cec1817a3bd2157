"""What stands in for CloudFront's edge: local AWS has its configuration and no listener for it.

A real reverse proxy that asks local AWS's APIs what a distribution's edge would know: the origin
and the key that the function at viewer-request puts into each request.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ClientError

from mesh.credentials.origin_secret import KEY
from mesh.local_aws.process import Running
from mesh.runtime.domain.origin_secret import HEADER, VIEWER_HEADER
from mesh.stack import local_aws_client

VIEWER = "203.0.113.9"
# About a connection and not about its request.
OF_THE_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade"}
TIMEOUT_SECONDS = 60


class Edge:
    """What the distribution says, asked of local AWS."""

    def __init__(self, aws: Running, domain: dict[str, Any]) -> None:
        cloudfront = local_aws_client.client("cloudfront", aws.environment)
        found = cloudfront.get_distribution(Id=domain["distribution_id"])["Distribution"]
        self.config: dict[str, Any] = found["DistributionConfig"]
        self.origin: str = self.config["Origins"]["Items"][0]["DomainName"]
        self._store = local_aws_client.key_values(aws.environment)
        self._arn = domain["key_value_store_arn"]

    def secret(self) -> str | None:
        """What the function reads; None where its `get` fails."""
        try:
            return self._store.get_key(KvsARN=self._arn, Key=KEY)["Value"]
        except ClientError:
            return None


class _Request(BaseHTTPRequestHandler):
    """One request, on to the origin, with AllViewerExceptHostHeader and the function's headers."""

    protocol_version = "HTTP/1.1"
    edge: Edge

    def _pass_on(self) -> None:
        secret = self.edge.secret()
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if secret is None:
            self._answer(503, [], b"")
            return
        # In place of what the client sent under these names.
        own = {"host": self.edge.origin, HEADER: secret, VIEWER_HEADER: VIEWER}
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in OF_THE_HOP | own.keys()
        }
        origin = http.client.HTTPConnection(self.edge.origin, timeout=TIMEOUT_SECONDS)
        try:
            origin.request(self.command, self.path, body or None, headers | own)
            answer = origin.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read())
        finally:
            origin.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in OF_THE_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_DELETE = do_OPTIONS = _pass_on  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(edge: Edge) -> Iterator[str]:
    """Serve the edge on loopback, and give its address, with a slash at its end."""
    handler = type("Request", (_Request,), {"edge": edge})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
