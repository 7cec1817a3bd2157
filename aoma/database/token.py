"""Tokens for the server: what it shows PostgREST, signed with the project's own key.

https://supabase.com/docs/guides/auth/signing-keys
"""

from __future__ import annotations

import json
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, RSAKey, import_key

from mesh.failure import CommandFailedError

SERVER_ROLE = "mesh_server"
# PostgREST itself asks for as much of an HS256 secret.
SECRET_CHARACTERS = 32
DAY_SECONDS = 86_400


def mint(signing_key: str, *, days: float, key_id: str | None = None) -> str:
    """Give a token with the role mesh_server, valid from now on.

    Args:
        signing_key: a private key as JWK or PEM (P-256 gives ES256, RSA gives RS256), or
            the legacy JWT secret (HS256).
        days: for how long it is valid.
        key_id: the key's id at the issuer, where the key itself does not say it.

    Raises:
        CommandFailedError: it is no key that can sign.
    """
    key, algorithm = _key(signing_key.strip())
    header: dict[str, Any] = {"alg": algorithm, "typ": "JWT"}
    known = key_id or key.kid
    if known:
        header["kid"] = known
    now = int(time.time())
    claims = {
        "iss": "aoma-mesh",
        "role": SERVER_ROLE,
        "iat": now,
        "exp": now + int(days * DAY_SECONDS),
    }
    return jwt.encode(header, claims, key, algorithms=[algorithm])


def _key(text: str) -> tuple[Key, str]:
    """The key, and what it signs with; its text is in no error."""
    try:
        if text.startswith("{"):
            content = json.loads(text)
            key: Key = import_key(content)
        elif text.startswith("-----BEGIN"):
            kind = RSAKey if "RSA PRIVATE" in text else ECKey
            key = _pem(text, kind)
        else:
            if len(text) < SECRET_CHARACTERS:
                raise CommandFailedError(
                    f"The signing key has {len(text)} characters. A legacy JWT secret has at "
                    f"least {SECRET_CHARACTERS}; else give a private key as JWK or PEM."
                )
            key = OctKey.import_key(text)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise CommandFailedError(
            "The signing key cannot be read. Give a private key as JWK (one JSON object) or "
            "PEM, or the legacy JWT secret."
        ) from error
    if not isinstance(key, OctKey) and not key.is_private:
        raise CommandFailedError(
            "This is a public key, which cannot sign. Give the private one: for Supabase, "
            "make it with `supabase gen signing-key` and import it in the dashboard."
        )
    if isinstance(key, ECKey):
        if key.curve_name != "P-256":
            raise CommandFailedError(f"The key is on {key.curve_name}; ES256 needs P-256.")
        return key, "ES256"
    return key, "RS256" if isinstance(key, RSAKey) else "HS256"


def _pem(text: str, kind: type[ECKey | RSAKey]) -> Key:
    try:
        return kind.import_key(text)
    except (JoseError, ValueError, TypeError):
        # PKCS#8 does not say in its first line what it holds.
        return (RSAKey if kind is ECKey else ECKey).import_key(text)
