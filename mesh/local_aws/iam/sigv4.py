"""Checks a request's AWS Signature Version 4 (in the Authorization header).

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage
from urllib.parse import quote, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from mesh.local_aws.http_server import Request

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = timedelta(minutes=5)


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
    expected = _signature(request, authorization, moment, secret_key, body_hash)
    if not hmac.compare_digest(expected, authorization.signature):
        raise SignatureRejectedError("the signature does not match")


class _Signer(SigV4Auth):
    """Signs the headers that it is given: botocore leaves out some that other clients sign."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        signed: HTTPMessage = request.context["signed"]
        return signed


def _signature(
    request: Request, authorization: Authorization, moment: str, secret_key: str, body_hash: str
) -> str:
    """The signature that this request has to have."""
    signed = HTTPMessage()
    for name in authorization.signed_headers:
        for value in [value for key, value in request.headers if key == name] or [""]:
            signed[name] = value
    path, _, query = request.target.partition("?")
    pairs = [part.partition("=") for part in query.split("&") if part]
    # However the client encoded them, the signature is of this form.
    encoded = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, _, value in pairs)
    copy = AWSRequest(
        request.method,
        f"https://{request.header('host')}{path}?{encoded}",
        headers={"X-Amz-Content-SHA256": body_hash},
    )
    copy.context |= {"timestamp": moment, "signed": signed}
    signer = _Signer(
        Credentials(authorization.access_key, secret_key),
        authorization.service,
        authorization.region,
    )
    signature: str = signer.signature(
        signer.string_to_sign(copy, signer.canonical_request(copy)), copy
    )
    return signature


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
