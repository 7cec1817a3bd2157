"""What a token says, each claim read once and checked to be of its type.

A claim can be any JSON value. Nothing but this module reads the JSON, so no other code meets a
list where it expects text. https://www.rfc-editor.org/rfc/rfc7519#section-4
"""

from __future__ import annotations

from mesh.runtime.oauth.signatures import json_object
from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_SUBJECT_LENGTH = 255
# The end of the year 9999: later times are mistakes, and too large for some arithmetic.
MAX_TIME = 253_402_300_799
# What a scope that is a source begins with.
SOURCE = "source:"
# Claims in which issuers name a token's kind: Cognito, Keycloak, Microsoft Entra.
# https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
# https://www.keycloak.org/docs/latest/upgrading/
# https://learn.microsoft.com/entra/identity-platform/optional-claims-reference
KIND_CLAIMS = ("token_use", "typ", "idtyp")


class InvalidTokenError(Exception):
    """The token lets nobody in. The message says why, and quotes nothing from the token."""


class Claims(Record):
    """The claims that this server looks at.

    Attributes:
        issuer: `iss`.
        subject: `sub`, 1 to 255 printable characters.
        audiences: `aud`; empty without it.
        issued_at: `iat`, in seconds since 1970, as are the other times.
        expires_at: `exp`.
        not_before: `nbf`; 0 without it.
        scopes: `scope` and `scp` together; None without both.
        granted: `scopes`, and what further claims of the settings grant.
        client_id: The client that got the token; None if the token does not say.
        roles: `role`; empty without it.
        is_anonymous: Supabase's claim of that name.
        kinds: What `KIND_CLAIMS` say, in lower case, by the claim's name.
        names: The names of all claims, without those that are null.
        sources: What `read` found in the claim that names them; None if it was told none.
    """

    issuer: str
    subject: str
    audiences: frozenset[str]
    issued_at: float
    expires_at: float
    not_before: float
    scopes: frozenset[str] | None
    granted: frozenset[str]
    client_id: str | None
    roles: frozenset[str]
    is_anonymous: bool
    kinds: Mapping[str, str]
    names: frozenset[str]
    sources: frozenset[str] | None = None


class _Reader:
    """Reads claims by name; one that is null counts as absent, but is no time."""

    def __init__(self, claims: Mapping[str, object]) -> None:
        self._given = claims
        self._claims = {name: value for name, value in claims.items() if value is not None}
        self.names = frozenset(self._claims)

    def required(self, *names: str) -> None:
        for name in names:
            if name not in self._claims:
                raise InvalidTokenError(f"it has no claim `{name}`")

    def text(self, name: str) -> str | None:
        value = self._claims.get(name)
        if value is None or isinstance(value, str):
            return value
        raise InvalidTokenError(f"its claim `{name}` is not text")

    def texts(self, name: str) -> frozenset[str]:
        value = self._claims.get(name, [])
        every = [value] if isinstance(value, str) else value
        if isinstance(every, list) and all(isinstance(one, str) for one in every):
            return frozenset(every)
        raise InvalidTokenError(f"its claim `{name}` is neither text nor a list of texts")

    def time(self, name: str) -> float:
        value = self._given.get(name, 0)
        # Python counts booleans as numbers.
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else -1
        # NaN is not in it either.
        if 0 <= number <= MAX_TIME:
            return float(number)
        raise InvalidTokenError(f"its claim `{name}` is not a time in seconds since 1970")

    def flag(self, name: str) -> bool:
        value = self._claims.get(name, False)
        if isinstance(value, bool):
            return value
        raise InvalidTokenError(f"its claim `{name}` is neither true nor false")


def _sources(claims: _Reader, claim: str) -> frozenset[str]:
    """The sources in a claim: all of it, or what begins with `source:` among scopes."""
    found = frozenset(one for text in claims.texts(claim) for one in text.split())
    if claim in {"scope", "scp"}:
        found = frozenset(one for one in found if one.startswith(SOURCE))
    return frozenset(one.removeprefix(SOURCE) for one in found)


def read(
    payload: bytes, scope_claims: Collection[str] = (), sources_claim: str | None = None
) -> Claims:
    """The claims of a token's payload.

    Args:
        payload: Its JSON.
        scope_claims: Names of claims that grant scopes besides `scope` and `scp`, such as
            Entra's `roles` and Auth0's `permissions`.
        sources_claim: The claim that names the only sources that its user may see.

    Raises:
        InvalidTokenError: It is not a JSON object, a claim is missing, or one has a wrong type.
    """
    try:
        found = json_object(payload)
    except ValueError:
        raise InvalidTokenError("its claims are not a JSON object") from None
    claims = _Reader(found)
    claims.required("iss", "exp", "iat", "sub")
    subject = claims.text("sub") or ""
    if not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
        raise InvalidTokenError(
            f"its subject is not a name of 1 to {MAX_SUBJECT_LENGTH} printable characters"
        )
    # `scope` is RFC 9068's, one text with spaces; `scp` is Okta's and Entra's, often a list.
    told = [claims.texts(name) for name in ("scope", "scp") if name in claims.names]
    scopes = frozenset(scope for texts in told for text in texts for scope in text.split())
    further = (claims.texts(name) for name in scope_claims)
    return Claims(
        issuer=claims.text("iss") or "",
        subject=subject,
        audiences=claims.texts("aud"),
        issued_at=claims.time("iat"),
        expires_at=claims.time("exp"),
        not_before=claims.time("nbf"),
        scopes=scopes if told else None,
        granted=scopes.union(*further),
        client_id=claims.text("client_id"),
        roles=claims.texts("role"),
        is_anonymous=claims.flag("is_anonymous"),
        kinds={
            name: said.lower() for name in KIND_CLAIMS if (said := claims.text(name)) is not None
        },
        names=claims.names,
        sources=_sources(claims, sources_claim) if sources_claim else None,
    )
