"""Access tokens: JSON Web Tokens of one issuer, made for this server, and still valid.

https://www.rfc-editor.org/rfc/rfc9068#section-4 and https://www.rfc-editor.org/rfc/rfc8725.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidIssuerError,
    MissingRequiredClaimError,
    PyJWTError,
)

from mcp_app.oauth.signing_keys import ALGORITHMS, SigningKeys

LEEWAY_SECONDS = 30
MAX_TOKEN_BYTES = 8192
MAX_SUBJECT_LENGTH = 255
REQUIRED = ("iss", "aud", "exp", "iat", "sub")
# Of access tokens, and what issuers that know no type of their own write.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
# Of what a stranger may send, some surprises the parser: deep nesting, infinite numbers.
UNREADABLE = (ValueError, TypeError, ArithmeticError, RecursionError)
# Supabase's own: nobody has signed in, or row-level security does not apply.
REFUSED_ROLES = frozenset({"anon", "service_role", "supabase_admin"})


class InvalidTokenError(Exception):
    """The token lets nobody in; the message says why, without anything that it holds."""


@dataclass(frozen=True)
class Holder:
    """Who holds a token that was verified: the subject, and what was granted."""

    subject: str
    scopes: frozenset[str]


def _explained(error: PyJWTError) -> str:
    match error:
        case ExpiredSignatureError():
            return "it has expired"
        case ImmatureSignatureError():
            return "it is not valid yet; a clock may be wrong"
        case InvalidAudienceError():
            return "it was made for another server; its audience is not this one"
        case InvalidIssuerError():
            return "it is of an issuer that this server does not trust"
        case MissingRequiredClaimError(claim=claim):
            return f"it has no claim `{claim}`"
        case _:
            return "it is damaged, or its signature is wrong"


def _scopes(claims: dict[str, Any]) -> frozenset[str]:
    """What was granted: `scope` as RFC 9068 has it, or `scp` as others do."""
    for given in (claims.get("scope"), claims.get("scp")):
        if isinstance(given, str):
            return frozenset(given.split())
        if isinstance(given, list):
            return frozenset(scope for scope in given if isinstance(scope, str))
    return frozenset()


class TokenVerifier:
    """Tells whose an access token is.

    Args:
        issuer: The one issuer that is trusted, exactly as it stands in tokens.
        keys: Its public keys.
        max_lifetime_seconds: Longest time between `iat` and `exp`. A token cannot be
            revoked, so how long it lives is how long a stolen one does.
    """

    def __init__(self, issuer: str, keys: SigningKeys, *, max_lifetime_seconds: float) -> None:
        self._issuer = issuer
        self._keys = keys
        self._max_lifetime_seconds = max_lifetime_seconds

    def verify(self, token: str, audiences: Collection[str]) -> Holder:
        """The token's holder.

        Args:
            token: As it was sent.
            audiences: What this server is called; the token must be made for one of them.

        Raises:
            InvalidTokenError: it is not valid here.
            IssuerUnavailableError: the issuer's keys cannot be had.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise InvalidTokenError(f"it is longer than {MAX_TOKEN_BYTES} bytes")
        try:
            header = jwt.get_unverified_header(token)
            algorithm = self._checked(header)
            # What no key could make valid asks the issuer for none.
            self._claims(token, None, audiences)
            key = self._keys.find(header.get("kid"), algorithm)
            if key is None:
                raise InvalidTokenError("it is signed with a key that its issuer does not have")
            claims = self._claims(token, key, audiences)
        except (PyJWTError, *UNREADABLE) as error:
            cause = error if isinstance(error, PyJWTError) else PyJWTError()
            raise InvalidTokenError(_explained(cause)) from None
        return self._holder(claims)

    def _checked(self, header: dict[str, Any]) -> str:
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise InvalidTokenError(f"it must be signed with one of {', '.join(ALGORITHMS)}")
        if str(header.get("typ", "JWT")).lower() not in TYPES:
            raise InvalidTokenError("it is no access token but another kind of JWT")
        return str(algorithm)

    def _claims(self, token: str, key: PyJWK | None, audiences: Collection[str]) -> dict[str, Any]:
        options: Any = {
            "verify_signature": key is not None,
            "enforce_minimum_key_length": True,
            "require": list(REQUIRED),
            **{f"verify_{name}": True for name in ("exp", "nbf", "iat", "aud", "iss", "sub")},
        }
        return jwt.decode(
            token,
            key=key or "",
            algorithms=list(ALGORITHMS),
            options=options,
            audience=list(audiences),
            issuer=self._issuer,
            leeway=LEEWAY_SECONDS,
        )

    def _holder(self, claims: dict[str, Any]) -> Holder:
        subject = claims["sub"]
        if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
            raise InvalidTokenError("its subject is no name")
        # Numbers, as the library has made sure; in a string too, it may be.
        if float(claims["exp"]) - float(claims["iat"]) > self._max_lifetime_seconds:
            longest = f"{self._max_lifetime_seconds:g}"
            raise InvalidTokenError(f"it was made to live longer than {longest} seconds")
        if claims.get("is_anonymous") not in {None, False}:
            raise InvalidTokenError("it is of an anonymous sign-in")
        if claims.get("role") in REFUSED_ROLES:
            raise InvalidTokenError("its role is none of a user's")
        return Holder(subject, _scopes(claims))
