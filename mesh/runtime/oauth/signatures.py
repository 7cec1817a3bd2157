"""Signatures of JSON Web Tokens, checked with the public keys that issuers publish.

`cryptography` checks them. This module reads the token's three parts and the form of a key. PyJWT
and joserfc do that too, but each imports more than a hundred modules, which costs twice a bare
handler's cold start: X.509, SSH keys, an HTTP client.
https://www.rfc-editor.org/rfc/rfc7515, https://www.rfc-editor.org/rfc/rfc7517 and
https://www.rfc-editor.org/rfc/rfc8037
"""

from __future__ import annotations

import json
from binascii import a2b_base64, b2a_base64

from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Public keys only: HS256 with a public key as its secret, and `none`, cannot be asked for.
ALGORITHMS = ("ES256", "EdDSA", "RS256")
# https://www.rfc-editor.org/rfc/rfc7518#section-3.3
MIN_RSA_BITS = 2048
# Of a coordinate, and of each half of a signature.
# https://www.rfc-editor.org/rfc/rfc7518#section-3.4
P256_BYTES = 32
MAX_TOKEN_BYTES = 8192
# With these the payload is not what it seems: extensions, compression, encryption.
UNREAD = frozenset({"crit", "zip", "enc"})

_FROM_URLS = bytes.maketrans(b"-_", b"+/")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


class WeakKeyError(Exception):
    """The key is too short for anybody to rely on its signatures."""


class Token(Record):
    """A token's parts, as they were sent.

    Attributes:
        header: Its JSON object; a `kid` in it is text.
        payload: What it says.
        signed: What the signature is of.
        signature: As its algorithm writes it.
    """

    header: dict[str, Any]
    payload: bytes
    signed: bytes
    signature: bytes


class PublicKey(Record):
    """A key that can verify.

    Attributes:
        algorithm: One of `ALGORITHMS`.
        key_id: What the issuer calls it; None for no name.
        verify: Raises for a signature that is not of these bytes.
    """

    algorithm: str
    key_id: object
    verify: Callable[[bytes, bytes], None]


def decoded(text: bytes) -> bytes:
    """The bytes that are written in URL-safe base64, without padding.

    Raises:
        ValueError: Nobody would write any bytes in this way.
    """
    found = a2b_base64(text.translate(_FROM_URLS) + b"=" * (-len(text) % 4))
    # The decoder passes over what does not belong there, and over bits too many.
    if b2a_base64(found, newline=False).rstrip(b"=").translate(_FOR_URLS) != text:
        raise ValueError("characters")
    return found


def json_object(text: bytes) -> dict[str, Any]:
    """The JSON object that a part of a token is; as others read it, so in UTF-8 alone.

    Python's reader would take UTF-16 and UTF-32 too.
    https://www.rfc-editor.org/rfc/rfc7519#section-7.2

    Raises:
        ValueError: It is none.
    """
    try:
        found = json.loads(text.decode())
    except RecursionError:
        raise ValueError("nesting") from None
    if not isinstance(found, dict):
        raise ValueError("object")  # noqa: TRY004 - a stranger's text, not our types
    return found


def parse(token: str) -> Token:
    """A token in its parts; nothing of it is checked yet.

    Raises:
        ValueError: It is no JSON Web Signature, is too long, or needs an extension to be
            understood.
    """
    if len(token) > MAX_TOKEN_BYTES:
        raise ValueError("length")
    signed, _, signature = token.encode().rpartition(b".")
    head, _, payload = signed.partition(b".")
    header = json_object(decoded(head))
    if not isinstance(header.get("kid", ""), str):
        raise ValueError("kid")  # noqa: TRY004 - a stranger's text, not our types
    # https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11, and RFC 7797 for `b64`.
    if not UNREAD.isdisjoint(header) or header.get("b64", True) is not True:
        raise ValueError("extensions")
    return Token(header, decoded(payload), signed, decoded(signature))


def is_of(key: PublicKey, token: Token) -> bool:
    """Whether this key signed the token.

    Raises:
        WeakKeyError: The key is too short.
    """
    from cryptography.exceptions import InvalidSignature  # not for who shows no token

    try:
        key.verify(token.signature, token.signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """A key of a JWK set.

    Raises:
        Exception: It is none that can verify here; the libraries raise many kinds.
    """
    algorithm, made = _KINDS[jwk["kty"]]
    # Without `alg`, the key's type tells the algorithm.
    if jwk.get("alg") not in (None, algorithm):
        raise ValueError("alg")
    # https://www.rfc-editor.org/rfc/rfc7517#section-4.3
    if "verify" not in jwk.get("key_ops", ["verify"]):
        raise ValueError("key_ops")
    # With its private half published, anybody signs.
    if "d" in jwk:
        raise ValueError("private")
    return PublicKey(algorithm, jwk.get("kid"), made(jwk))


def _value(jwk: Mapping[str, Any], name: str) -> bytes:
    # Some issuers pad their keys.
    return decoded(jwk[name].encode().rstrip(b"="))


def _elliptic(jwk: Mapping[str, Any]) -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    x, y = _value(jwk, "x"), _value(jwk, "y")
    if jwk.get("crv") != "P-256" or not len(x) == len(y) == P256_BYTES:
        raise ValueError("crv")
    point = int.from_bytes(x), int.from_bytes(y)
    key = ec.EllipticCurvePublicNumbers(*point, ec.SECP256R1()).public_key()

    def verify(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * P256_BYTES:
            raise ValueError("length")
        halves = signature[:P256_BYTES], signature[P256_BYTES:]
        written = utils.encode_dss_signature(*map(int.from_bytes, halves))
        key.verify(written, signed, ec.ECDSA(SHA256()))

    return verify


def _edwards(jwk: Mapping[str, Any]) -> Callable[[bytes, bytes], None]:
    if jwk.get("crv") == "Ed448":
        from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey

        return Ed448PublicKey.from_public_bytes(_value(jwk, "x")).verify
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if jwk.get("crv") != "Ed25519":
        raise ValueError("crv")
    return Ed25519PublicKey.from_public_bytes(_value(jwk, "x")).verify


def _rsa(jwk: Mapping[str, Any]) -> Callable[[bytes, bytes], None]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.hashes import SHA256

    numbers = (int.from_bytes(_value(jwk, name)) for name in ("e", "n"))
    key = RSAPublicNumbers(*numbers).public_key()

    def verify(signature: bytes, signed: bytes) -> None:
        if key.key_size < MIN_RSA_BITS:
            raise WeakKeyError
        key.verify(signature, signed, PKCS1v15(), SHA256())

    return verify


# By the key's type: the algorithm, and what makes such a key.
_KINDS = {"EC": ("ES256", _elliptic), "OKP": ("EdDSA", _edwards), "RSA": ("RS256", _rsa)}
