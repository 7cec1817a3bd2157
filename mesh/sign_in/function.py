"""Whether the server itself can reach its issuer, asked with a token that nobody signed.

Only Mesh's answers have a known meaning: a server of ours checks what a token says first, and
fetches the issuer's keys only for one that could be valid. So it says 401 if it has the keys, and
503 if it cannot get them. The token opens nothing: its signature is no signature.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping

from mesh.sign_in.exchange import NoAnswerError
from mesh.sign_in.finding import Finding, Party, unknown, well, wrong
from mesh.sign_in.resource import UNAUTHORIZED, Resource, call

STEP = "function"
UNAVAILABLE = 503
LIFETIME_SECONDS = 60
# What the runtime says of a key that the issuer does not have, or of a signature that is wrong.
FETCHED = ("a key that its issuer does not have", "its signature is wrong")


def _encoded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(issuer: str, audience: str) -> str:
    """Make a token that says everything right, and that nobody signed."""
    now = int(time.time())
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "mesh-doctor-asks"}
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": "mesh doctor",
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    return f"{_encoded(header)}.{_encoded(claims)}.{'A' * 342}"


def reaches(resource: Resource, audience: str | None = None) -> Finding:
    """Say whether the server can read its issuer's keys, from where it runs.

    Args:
        resource: the server.
        audience: one of its `oauth_audiences`, if it has any.
    """
    if not resource.is_mesh or resource.issuer is None:
        return unknown(STEP, "not asked whether it reaches its issuer: Mesh does not run it")
    try:
        reply = call(resource.url, unsigned(resource.issuer, audience or resource.identifier))
    except NoAnswerError as error:
        return unknown(STEP, str(error))
    said = reply.said()
    if reply.status == UNAVAILABLE:
        return wrong(
            STEP,
            f"it cannot read its issuer's keys: {said}",
            Party.SERVER,
            "give the function a route to the issuer (VPC, DNS); where the issuer's certificate is "
            "of a private authority, set oauth_issuer_ca; mesh logs has each attempt",
        )
    if reply.status == UNAUTHORIZED and any(mark in said for mark in FETCHED):
        return well(STEP, "from where it runs it reads its issuer's keys")
    if "audience" in said:
        return unknown(
            STEP,
            "not asked whether it reaches its issuer: oauth_audiences is set, so give one of "
            "them with --audience",
        )
    return unknown(STEP, f"not asked whether it reaches its issuer: it answers {said}")
