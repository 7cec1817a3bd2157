"""A stand-in for SSM's GetParameter: signed requests, over TLS as on AWS, or without it.

TLS is a part of a cold start: the function loads OpenSSL and some hundred certificates of
authorities before its first byte. The same number of them is trusted here, and one more.
"""

from __future__ import annotations

import http.server
import json
import ssl
import tempfile
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local_aws.http_server import Request
from local_aws.sigv4 import SignatureRejectedError, parse_authorization, verify

HOST = "127.0.0.1"
TARGET = "AmazonSSM.GetParameter"


def _certificate() -> tuple[bytes, bytes]:
    """A certificate for this address, good for a day, and its key; both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "benchmark")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


class _Handler(http.server.BaseHTTPRequestHandler):
    """Checks what it is sent as SSM does, and gives a value."""

    protocol_version = "HTTP/1.1"
    values: Mapping[str, str]

    def do_POST(self) -> None:
        """Answer GetParameter."""
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        request = Request("POST", self.path, headers, body, HOST, "HTTP/1.1")
        try:
            signed = parse_authorization(request)
            verify(
                request,
                signed,
                secret_key="test",  # noqa: S106 - what every instance is given here
                region="us-east-1",
                service="ssm",
                now=datetime.now(UTC),
            )
        except SignatureRejectedError as error:
            self._send(400, {"__type": "IncompleteSignatureException", "message": str(error)})
            return
        asked = json.loads(body)
        value = self.values.get(asked.get("Name"))
        if self.headers["x-amz-target"] != TARGET or not asked.get("WithDecryption"):
            self._send(400, {"__type": "ValidationException"})
        elif value is None:
            self._send(400, {"__type": "ParameterNotFound"})
        else:
            self._send(200, {"Parameter": {"Name": asked["Name"], "Value": value, "Version": 1}})

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
        tls: Whether it speaks TLS.

    Attributes:
        url: Its address, for AWS_ENDPOINT_URL_SSM.
        certificates: Every authority that a client of it trusts, in PEM.
    """

    def __init__(self, values: Mapping[str, str], *, tls: bool) -> None:
        handler = type("Handler", (_Handler,), {"values": values})
        self._server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True
        certificate, key = _certificate()
        self.certificates = Path(certifi.where()).read_bytes() + certificate
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            with tempfile.NamedTemporaryFile() as file:
                file.write(certificate + key)
                file.flush()
                context.load_cert_chain(file.name)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.url = f"http{'s' if tls else ''}://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
