"""What `mesh doctor` says of an address alone: certificate, answers, and whether keys are read."""

from __future__ import annotations

import datetime as dt
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mesh.doctor.address import Address
from mesh.doctor.report import State
from mesh.sign_in import issuer

HEALTH = {"name": "weather", "environment": "local", "auth": "api_key", "function_version": "1"}
DAYS = 10


class Server(BaseHTTPRequestHandler):
    """A server whose keys are read, or not: `unreadable`."""

    unreadable = False

    def do_GET(self) -> None:
        self._answer(200, json.dumps(HEALTH).encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(503 if self.unreadable else 401, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test CA")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=DAYS, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server with TLS, and its certificate."""
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}/mcp", file
        server.shutdown()
        thread.join()


def test_a_certificate_that_nobody_trusts_is_wrong(encrypted: tuple[str, Path]) -> None:
    found = Address(encrypted[0]).certificate()

    assert found.state is State.WRONG
    assert found.told == ("not valid: self-signed certificate",)


def test_an_issuer_with_a_certificate_that_nobody_trusts_is_noted(
    encrypted: tuple[str, Path],
) -> None:
    (note,) = issuer.notes({"MESH_OAUTH_ISSUER": encrypted[0]})

    assert "its certificate is not trusted here: self-signed certificate" in note


def test_a_certificate_that_ends_soon_is_wrong(
    encrypted: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, file = encrypted
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    address = Address(url)
    found = address.certificate()

    assert found.state is State.WRONG
    assert f", {DAYS} days, issued by Test CA" in found.told[0]
    assert address.answers().state is State.OK
    assert address.reads_keys() == (State.OK, "the server reads them")
    monkeypatch.setattr(Server, "unreadable", True)
    assert address.reads_keys()[0] is State.WRONG
