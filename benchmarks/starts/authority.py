"""Certificates for the stand-in of SSM: a chain like AWS's, and its root for the zip.

Ours reads Amazon's first root only (`aws_tls`); this one is in its place in the zips
that are measured. Kept for a year, so that those stay the same from run to run.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
# As Amazon's Root CA 1, RSA 2048 M0x and what they sign for SSM.
KEY_BITS = 2048
LIFE = timedelta(days=365)
# A run is over by then.
RESERVE = timedelta(days=1)
ROOT, SERVER = "root.pem", "server.pem"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    title: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    signer: rsa.RSAPrivateKey,
    *,
    below: int | None,
) -> x509.Certificate:
    """One of the chain; `below` is how many authorities may follow, None for the server's."""
    authority, now = below is not None, datetime.now(UTC)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(title))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=below), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=authority,
                crl_sign=authority,
                content_commitment=False,
                key_encipherment=not authority,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not authority:
        names = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def chain() -> tuple[bytes, bytes]:
    """A root, and a server's key with its certificate and the authority's between; all PEM."""
    root, between, server = (rsa.generate_private_key(65537, KEY_BITS) for _ in range(3))
    top = _certificate("benchmark root", root, "benchmark root", root, below=1)
    middle = _certificate("benchmark between", between, "benchmark root", root, below=0)
    leaf = _certificate("benchmark", server, "benchmark between", between, below=None)
    private = server.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return _pem(top), private + _pem(leaf) + _pem(middle)


def kept(folder: Path) -> tuple[Path, Path]:
    """Files of the root, and of the server's key and chain; made again once they are too old.

    Args:
        folder: Where they are kept.
    """
    root, server = folder / ROOT, folder / SERVER
    try:
        until = x509.load_pem_x509_certificate(root.read_bytes()).not_valid_after_utc
        fresh = server.is_file() and until > datetime.now(UTC) + RESERVE
    except (OSError, ValueError):
        fresh = False
    if not fresh:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip((root, server), chain(), strict=True):
            # Only its owner reads the key.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
    return root, server
