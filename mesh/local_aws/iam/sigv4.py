"""Checks a request's AWS Signature Version 4 (in the Authorization header).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from mesh.local_aws.http_server import Request

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = timedelta(minutes=5)
UNRESERVED = "-_.~"


class SignatureRejectedError(Exception):
    """The signature is missing or wrong; the message says what, for the log."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an Authorization header."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str


def parse_authorization(request: Request) -> Authorization:
    """Take the header apart.

    Raises:
        SignatureRejectedError: it is missing or malformed.
    """
    algorithm, _, rest = (request.header("authorization") or "").partition(" ")
    if algorithm != ALGORITHM:
        raise SignatureRejectedError(f"no {ALGORITHM} Authorization header")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        access_key, date, region, service, terminator = fields["Credential"].rsplit("/", 4)
        signed_headers = tuple(fields["SignedHeaders"].split(";"))
        signature = fields["Signature"]
    except (KeyError, ValueError):
        raise SignatureRejectedError("malformed Authorization header") from None
    if terminator != "aws4_request":
        raise SignatureRejectedError("the credential scope does not end with aws4_request")
    return Authorization(access_key, date, region, service, signed_headers, signature)


def verify(
    request: Request,
    authorization: Authorization,
    *,
    secret_key: str,
    region: str,
    service: str,
    now: datetime,
) -> None:
    """Check scope, clock, body and signature.

    Raises:
        SignatureRejectedError: one of them is wrong.
    """
    if (authorization.service, authorization.region) != (service, region):
        raise SignatureRejectedError(
            f"signed for {authorization.service} in {authorization.region}, "
            f"not for {service} in {region}"
        )
    moment = request.header("x-amz-date") or ""
    try:
        signed_at = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRejectedError("x-amz-date is missing or malformed") from None
    if abs(now - signed_at) > CLOCK_SKEW or moment[:8] != authorization.date:
        raise SignatureRejectedError(f"signed at {moment}, more than {CLOCK_SKEW} from now")
    if "host" not in authorization.signed_headers:
        raise SignatureRejectedError("the host header is not signed")
    body_hash = hashlib.sha256(request.body).hexdigest()
    # Lambda takes no unsigned payload.
    claimed = request.header("x-amz-content-sha256")
    if claimed is not None and not hmac.compare_digest(claimed, body_hash):
        raise SignatureRejectedError("x-amz-content-sha256 is not the body's")
    canonical = canonical_request(request, authorization.signed_headers, body_hash)
    scope = f"{authorization.date}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _signing_key(secret_key, authorization.date, region, service)
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, authorization.signature):
        raise SignatureRejectedError("the signature does not match")


def canonical_request(request: Request, signed_headers: tuple[str, ...], body_hash: str) -> str:
    """The text that is hashed and signed."""
    path, _, query = request.target.partition("?")
    values: dict[str, list[str]] = {}
    for name, value in request.headers:
        values.setdefault(name, []).append(" ".join(value.split()))
    headers = "".join(f"{name}:{','.join(values.get(name, []))}\n" for name in signed_headers)
    return "\n".join(
        [
            request.method,
            # Encoded once more than it is in the request, except for S3.
            quote(_normal_path(path), safe="/" + UNRESERVED),
            _canonical_query(query),
            headers,
            ";".join(signed_headers),
            body_hash,
        ]
    )


def _normal_path(path: str) -> str:
    if path in {"", "/"}:
        return "/"
    normal = posixpath.normpath(path)
    # POSIX gives two leading slashes a meaning; a URL does not.
    normal = "/" + normal.lstrip("/")
    return normal + "/" if path.endswith("/") and normal != "/" else normal


def _canonical_query(query: str) -> str:
    encode: Callable[[str], str] = lambda text: quote(unquote(text), safe=UNRESERVED)  # noqa: E731 - two uses, one line
    pairs = [part.partition("=") for part in query.split("&") if part]
    return "&".join(
        f"{name}={value}" for name, value in sorted((encode(n), encode(v)) for n, _, v in pairs)
    )


def _signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
