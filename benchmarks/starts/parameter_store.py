"""A stand-in for SSM: signed requests for parameters, over TLS as on AWS, or without it.

TLS is a part of a cold start: the function loads OpenSSL and the roots that it trusts, and
verifies a chain like AWS's before its first byte.
"""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from benchmarks.starts.authority import HOST
from mesh.local_aws.http_server import Request
from mesh.local_aws.iam.sigv4 import SignatureRejectedError, parse_authorization, verify

TARGETS = ("AmazonSSM.GetParameter", "AmazonSSM.GetParameters")


class _Handler(http.server.BaseHTTPRequestHandler):
    """Checks what it is sent as SSM does, and gives values."""

    protocol_version = "HTTP/1.1"
    values: Mapping[str, str]
    requests: list[str]

    def do_POST(self) -> None:
        """Answer either."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        request = Request("POST", self.path, headers, body, HOST, "HTTP/1.1")
        try:
            signed = parse_authorization(request)
            verify(
                request,
                signed,
                secret_key="test",
                region="us-east-1",
                service="ssm",
                now=datetime.now(UTC),
            )
        except SignatureRejectedError as error:
            self._send(400, {"__type": "IncompleteSignatureException", "message": str(error)})
            return
        asked = json.loads(body)
        several = TARGETS[1]
        target = self.headers["x-amz-target"]
        self.requests.append(target)
        names = asked.get("Names", []) if target == several else [asked.get("Name")]
        found = [
            {"Name": name, "Value": self.values[name], "Version": 1}
            for name in names
            if name in self.values
        ]
        if target not in TARGETS or not names or not asked.get("WithDecryption"):
            self._send(400, {"__type": "ValidationException"})
        elif target == several:
            missing = [name for name in names if name not in self.values]
            self._send(200, {"Parameters": found, "InvalidParameters": missing})
        elif not found:
            self._send(400, {"__type": "ParameterNotFound"})
        else:
            self._send(200, {"Parameter": found[0]})

    def _send(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/x-amz-json-1.1")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
        """Say nothing."""


class ParameterStore:
    """Serves parameters while it is entered.

    Args:
        values: Parameters by name.
        certificate: PEM file of its key and chain; None to speak no TLS.

    Attributes:
        url: Its address, for AWS_ENDPOINT_URL_SSM.
        requests: What was asked of it, by the names of SSM's actions.
    """

    def __init__(self, values: Mapping[str, str], certificate: Path | None) -> None:
        self.requests: list[str] = []
        known = {"values": values, "requests": self.requests}
        handler = type("Handler", (_Handler,), known)
        self._server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.use(certificate)
            self._server.socket = self._context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def use(self, certificate: Path) -> None:
        """Show this key and chain to whoever connects from now on, as when AWS renews them."""
        self._context.load_cert_chain(certificate)

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
