"""No token is taken that PyJWT or joserfc refuses: their authors have met more attackers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable
from typing import Any

import hypothesis
import jwt
import pytest
from hypothesis import strategies as st
from joserfc import jwt as jose
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.oauth import signatures
from mesh.runtime.oauth.claims import InvalidTokenError
from mesh.runtime.oauth.signing_keys import SigningKeys, usable
from mesh.runtime.oauth.tokens import LEEWAY_SECONDS, TokenVerifier
from tests.fixtures.issuer import MAKERS, first_key, public_jwk

# joserfc: the name EdDSA is deprecated, RFC 9864. Issuers still write it.
pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")

EXAMPLES = int(os.environ.get("MESH_EXAMPLES", "600"))
ISSUER, AUDIENCE = "https://issuer.example", "https://abc.example/mcp"
ALGORITHMS = list(MAKERS)
JWKS: Any = {"keys": [public_jwk(first_key(name), name, name) for name in ALGORITHMS]}
STRANGER = {name: make() for name, make in MAKERS.items()}


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def signature(signed: bytes, algorithm: str, how: str) -> bytes:
    """Signed by the issuer, by a stranger, with what is public as a secret, or not at all."""
    if how == "nobody":
        return b""
    if how.startswith("secret"):
        public = public_jwk(first_key(algorithm), algorithm, algorithm)
        secrets = {
            "secret: the JWK": json.dumps(public).encode(),
            "secret: empty": b"",
            "secret: the JWK set": json.dumps(JWKS).encode(),
        }
        return hmac.digest(secrets[how], signed, hashlib.sha256)
    key = STRANGER[algorithm] if how == "stranger" else first_key(algorithm)
    return jwt.get_algorithm_by_name(algorithm).sign(signed, key)


SIGNERS = ["issuer"] * 6 + ["stranger", "nobody", "secret: the JWK", "secret: empty"]
HEADERS: list[dict[str, Any]] = [
    *([{}] * 6),
    *({"alg": one} for one in ("none", "None", "HS256", "ES384", "PS256", "es256", "", None, 1)),
    *({"alg": one} for one in ALGORITHMS),
    *({"kid": one} for one in (*ALGORITHMS, "", "../ES256", "ES256\x00", None, 7, ["ES256"])),
    {"crit": []},
    {"crit": ["exp"], "exp": 1},
    {"b64": False},
    {"b64": True},
    {"zip": "DEF"},
    {"cty": "JWT"},
    {"typ": "JWE"},
    {"jku": "https://stranger.example/jwks.json", "kid": "new"},
    {"x5u": "https://stranger.example/x.pem"},
    {"x5c": ["MIIB"]},
    *({"jwk": public_jwk(key, name, name)} for name, key in STRANGER.items()),
]
TIMES = [-86400, -LEEWAY_SECONDS - 3, -LEEWAY_SECONDS + 3, 0, LEEWAY_SECONDS - 3, 60, 3600]
ODD: list[Any] = [None, True, "", "x", [], {}, 1.5, -1, 10**30, [AUDIENCE, 1], [[AUDIENCE]]]
CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.sampled_from([f"{ISSUER}/", "https://other.example", *ODD]),
        "aud": st.sampled_from([AUDIENCE, [AUDIENCE], ["x", AUDIENCE], f"{AUDIENCE}/", *ODD]),
        "exp": st.sampled_from(TIMES).map(lambda one: int(time.time()) + one)
        | st.sampled_from(ODD),
        "nbf": st.sampled_from(TIMES).map(lambda one: int(time.time()) + one)
        | st.sampled_from(ODD),
        "iat": st.sampled_from(TIMES).map(lambda one: int(time.time()) + one)
        | st.sampled_from(ODD),
        "sub": st.sampled_from(["ada", *ODD]),
    },
)
ENCODINGS = st.sampled_from(["utf-8"] * 8 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])


def twice(document: dict[str, Any], name: str, first: object) -> str:
    """JSON in which a member stands twice."""
    return f'{{"{name}": {json.dumps(first)}, {json.dumps(document)[1:]}'


@st.composite
def tokens(draw: st.DrawFn) -> str:
    """A token, and most often something is wrong with it."""
    algorithm = draw(st.sampled_from(ALGORITHMS))
    header = {"alg": algorithm, "typ": "at+jwt", "kid": algorithm} | draw(st.sampled_from(HEADERS))
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 3600}
    if draw(st.booleans()):
        claims |= draw(CLAIMS)
    head, body = json.dumps(header), json.dumps(claims)
    if draw(st.integers(0, 7)) == 0:
        head, body = twice(header, "alg", "none"), twice(claims, "aud", "x")
    signed = ".".join(encoded(part.encode(draw(ENCODINGS))) for part in (head, body))
    made = signature(signed.encode(), algorithm, draw(st.sampled_from(SIGNERS)))
    return draw(st.sampled_from(SPELLINGS))(f"{signed}.{encoded(made)}")


def other_spelling(token: str) -> str:
    """The same bytes for a decoder that passes over the last character's spare bits."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = letters.find(token[-1:])
    return token if place < 0 else token[:-1] + letters[place ^ 1]


SPELLINGS: list[Callable[[str], str]] = [
    *([str] * 12),
    other_spelling,
    lambda token: token.replace("-", "+").replace("_", "/"),
    lambda token: f"{token}{'=' * (-len(token.rpartition('.')[2]) % 4)}",
    lambda token: f"{token}=",
    lambda token: f"{token}\n",
    lambda token: f" {token}",
    lambda token: f"{token}.",
    lambda token: f".{token}",
    lambda token: token.replace(".", "..", 1),
    lambda token: token.replace(".", "é.", 1),
    lambda token: token.replace(".", "\n.", 1),
    lambda token: token[:-4],
    lambda token: token + "A" * 9000,
    lambda token: token.swapcase(),
    lambda token: ".".join([*token.split(".")[:2], ""]),
]


def ours(token: str) -> bool:
    keys = SigningKeys(ISSUER, f"{ISSUER}/jwks", get=lambda *_asked: JWKS)
    try:
        TokenVerifier(OAuthSettings(ISSUER), keys).verify(token, [AUDIENCE])
    except InvalidTokenError:
        return False
    return True


def pyjwt(token: str) -> bool:
    try:
        header = jwt.get_unverified_header(token)
        keys = [
            key
            for key in jwt.PyJWKSet.from_dict(JWKS).keys
            if header.get("kid") in (None, key.key_id) and key.algorithm_name == header.get("alg")
        ]
        jwt.decode(
            token,
            keys[0],
            algorithms=ALGORITHMS,
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "iss", "aud"]},
        )
    except (jwt.PyJWTError, LookupError):
        return False
    return True


def joserfc(token: str) -> bool:
    required: Any = {
        "iss": {"essential": True, "value": ISSUER},
        "aud": {"essential": True, "value": AUDIENCE},
        **{name: {"essential": True} for name in ("exp", "iat", "sub")},
    }
    try:
        registry = JWSRegistry(algorithms=ALGORITHMS)
        # Its limits are on sizes alone: 512 bytes of header, less than a key in it takes.
        registry.max_header_length = registry.max_payload_length = 8192
        read = jose.decode(token, KeySet.import_key_set(JWKS), registry=registry)
        jose.JWTClaimsRegistry(leeway=LEEWAY_SECONDS, **required).validate(read.claims)
    except (JoseError, ValueError, TypeError):
        return False
    return True


@hypothesis.settings(max_examples=EXAMPLES, deadline=None)
@hypothesis.given(tokens())
def test_what_is_taken_the_libraries_take_too(token):
    if ours(token):
        assert pyjwt(token)
        assert joserfc(token)


def test_a_good_token_is_taken_by_all():
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 60}
    for name in ALGORITHMS:
        head = json.dumps({"alg": name, "typ": "at+jwt", "kid": name})
        signed = ".".join(encoded(part.encode()) for part in (head, json.dumps(claims)))
        token = f"{signed}.{encoded(signature(signed.encode(), name, 'issuer'))}"
        assert ours(token)
        assert pyjwt(token)
        assert joserfc(token)


BY_KIND = {key["kty"]: key for key in JWKS["keys"]}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        pytest.param("EC", {"crv": "P-384"}, id="another curve's name"),
        pytest.param("EC", {"crv": "secp256k1"}, id="a curve that JWTs rarely have"),
        pytest.param("EC", {"y": encoded(b"\x01" * 32)}, id="a point that is not on the curve"),
        pytest.param("EC", {"x": encoded(bytes(32)), "y": encoded(bytes(32))}, id="infinity"),
        pytest.param("EC", {"x": encoded(b"\x01" * 33)}, id="a long coordinate"),
        pytest.param("EC", {"kty": "RSA"}, id="a point as an RSA key"),
        pytest.param("EC", {"alg": "RS256"}, id="an algorithm of another kind"),
        pytest.param("EC", {"alg": "HS256"}, id="a shared secret's algorithm"),
        pytest.param("EC", {"use": "enc"}, id="for encrypting"),
        pytest.param("EC", {"use": None}, id="for null"),
        pytest.param("EC", {"key_ops": ["sign"]}, id="only for signing"),
        pytest.param("EC", {"key_ops": None}, id="for no list of operations"),
        pytest.param("EC", {"d": encoded(b"\x01" * 32)}, id="with its private half"),
        pytest.param("OKP", {"crv": "X25519"}, id="for agreeing on keys"),
        pytest.param("OKP", {"crv": "Ed448"}, id="Ed448 with 32 bytes"),
        pytest.param("OKP", {"x": encoded(b"\x01" * 31)}, id="a short point"),
        pytest.param("RSA", {"e": encoded(b"\x01")}, id="exponent 1"),
        pytest.param("RSA", {"e": encoded(b"\x04")}, id="an even exponent"),
        pytest.param("RSA", {"n": 65537}, id="a number"),
        pytest.param("RSA", {"kty": "oct", "k": "AA"}, id="a shared secret"),
        pytest.param("RSA", {"kty": ["RSA"]}, id="a list of kinds"),
    ],
)
def test_a_key_that_cannot_be_right_is_passed_over(kind, change):
    assert len(usable({"keys": [BY_KIND[kind]]})) == 1
    assert usable({"keys": [BY_KIND[kind] | change]}) == ()


@pytest.mark.parametrize("bits", [16384, 200_000])
def test_a_key_that_is_too_large_for_openssl_is_no_crash(bits):
    number = ((1 << bits) - 1).to_bytes(bits // 8)
    (key,) = usable({"keys": [BY_KIND["RSA"] | {"n": encoded(number)}]})
    token = signatures.parse(f"{encoded(b'{}')}.{encoded(b'{}')}.{encoded(number)}"[:8000])
    assert not signatures.is_of(key, token)
