"""Signs one request with AWS Signature Version 4, with nothing to import that costs.

botocore's signer does the same for half a second of imports. The tests compare the two.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from mesh.runtime.digests import sha256

ALGORITHM = "AWS4-HMAC-SHA256"
BLOCK_BYTES = 64


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """RFC 2104 with SHA-256; keys are shorter than a block here."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    inner = sha256(bytes(byte ^ 0x36 for byte in padded) + message).digest()
    return sha256(bytes(byte ^ 0x5C for byte in padded) + inner).digest()


def signed_headers(
    *,
    host: str,
    headers: Mapping[str, str],
    body: bytes,
    region: str,
    service: str,
    credentials: tuple[str, str, str | None],
    now: float | None = None,
) -> dict[str, str]:
    """The headers of a signed `POST /` without a query.

    Args:
        host: The address's host, with its port where it has one.
        headers: Further headers, their names in lower case.
        body: The request's body.
        region: Such as `us-east-1`.
        service: Such as `ssm`.
        credentials: Access key id, secret access key, session token or None.
        now: Seconds since 1970; the clock's when None.
    """
    key_id, secret, token = credentials
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    every = {**headers, "host": host, "x-amz-date": stamp}
    if token:
        every["x-amz-security-token"] = token
    names = sorted(every)
    signed = ";".join(names)
    canonical = "\n".join(
        [
            *("POST", "/", ""),
            *(f"{name}:{every[name]}" for name in names),
            *("", signed, sha256(body).hexdigest()),
        ]
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    # A secret key has 40 characters: with its prefix it stays below HMAC's block.
    key = f"AWS4{secret}".encode()
    for part in (stamp[:8], region, service, "aws4_request", to_sign):
        key = hmac_sha256(key, part.encode())
    every["authorization"] = (
        f"{ALGORITHM} Credential={key_id}/{scope}, SignedHeaders={signed}, Signature={key.hex()}"
    )
    return every
