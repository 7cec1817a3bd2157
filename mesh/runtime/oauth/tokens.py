"""Access tokens: JSON Web Tokens of one issuer, made for this server, and still valid.

https://www.rfc-editor.org/rfc/rfc9068#section-4 and https://www.rfc-editor.org/rfc/rfc8725.
"""

from __future__ import annotations

import time

from mesh.runtime.oauth import signatures, token_kind
from mesh.runtime.oauth.claims import Claims, InvalidTokenError, read
from mesh.runtime.oauth.signatures import ALGORITHMS, MAX_TOKEN_BYTES, WeakKeyError
from mesh.runtime.oauth.token_kind import ACCESS_TOKEN_TYPES
from mesh.runtime.record import Record

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from mesh.runtime.config.oauth_settings import OAuthSettings
    from mesh.runtime.oauth.signatures import PublicKey, Token
    from mesh.runtime.oauth.signing_keys import SigningKeys

LEEWAY_SECONDS = 30
# Supabase's own: nobody has signed in, or row-level security does not apply.
REFUSED_ROLES = frozenset({"anon", "service_role", "supabase_admin"})
DAMAGED = "it is damaged, or its signature is wrong"


class Holder(Record):
    """Who holds a token that was verified: the subject, and what was granted.

    `sources` are the only ones that the holder may see; None for all.
    """

    subject: str
    scopes: frozenset[str]
    sources: frozenset[str] | None = None


class _Unverified(Record):
    """A token as it was sent.

    Attributes:
        token: Its parts.
        algorithm: What it is signed with; one of `ALGORITHMS`.
        key_id: The key that it names; None for none.
        type: The header's `typ` in lower case.
        claims: What it says.
    """

    token: Token
    algorithm: str
    key_id: str | None
    type: str
    claims: Claims


def _parsed(token: str, settings: OAuthSettings) -> _Unverified:
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidTokenError(f"it is longer than {MAX_TOKEN_BYTES} bytes")
    try:
        parts = signatures.parse(token)
    except ValueError:
        raise InvalidTokenError(DAMAGED) from None
    header = parts.header
    algorithm, token_type = header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidTokenError(f"it must be signed with one of {', '.join(ALGORITHMS)}")
    if not isinstance(token_type, str):
        raise InvalidTokenError("the `typ` in its header is not text")
    claims = read(parts.payload, settings.scope_claims, settings.sources_claim)
    return _Unverified(parts, algorithm, header.get("kid"), token_type.lower(), claims)


class TokenVerifier:
    """Tells whose an access token is.

    Args:
        settings: Which issuer is trusted, and what its tokens must say.
        keys: Its public keys.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        settings: OAuthSettings,
        keys: SigningKeys,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock

    def waits(self, token: str) -> bool:
        """Whether `verify` may have to wait for the issuer, and so may take seconds."""
        try:
            header = signatures.parse(token).header
        except ValueError:
            return False
        return self._keys.waits(header.get("kid"), header.get("alg"))

    def verify(self, token: str, audiences: Collection[str]) -> Holder:
        """The token's holder; blocks while the issuer is asked for keys.

        Args:
            token: As it was sent.
            audiences: What this server is called; the token must be made for one of them.

        Raises:
            InvalidTokenError: It is not valid here.
            IssuerUnavailableError: The issuer's keys are not available.
        """
        sent = _parsed(token, self._settings)
        # A token that no key could make valid never makes this server ask the issuer for keys.
        self._check(sent, audiences)
        refused = token_kind.refusal(sent.type, sent.claims, audiences)
        if refused is not None:
            raise InvalidTokenError(refused)
        keys = self._keys.find(sent.key_id, sent.algorithm)
        if not keys:
            raise InvalidTokenError("it is signed with a key that its issuer does not have")
        self._check_signature(sent.token, keys)
        claims = sent.claims
        return Holder(claims.subject, claims.granted, claims.sources)

    def _check(self, sent: _Unverified, audiences: Collection[str]) -> None:
        """Compare what the token says with this server and its clock."""
        claims, now = sent.claims, self._clock()
        if claims.issuer != self._settings.issuer:
            raise InvalidTokenError(self._other_issuer(claims.issuer))
        self._check_audience(sent, audiences)
        if now - LEEWAY_SECONDS >= claims.expires_at:
            raise InvalidTokenError("it has expired")
        if now + LEEWAY_SECONDS < max(claims.issued_at, claims.not_before):
            raise InvalidTokenError("it is not valid yet; a clock may be wrong")
        if claims.expires_at - claims.issued_at > self._settings.max_lifetime_seconds:
            longest = f"{self._settings.max_lifetime_seconds:g}"
            raise InvalidTokenError(f"it was made to live longer than {longest} seconds")
        if claims.is_anonymous:
            raise InvalidTokenError("it is of an anonymous sign-in")
        if claims.roles & REFUSED_ROLES:
            raise InvalidTokenError("its role is not a user's")

    def _other_issuer(self, issuer: str) -> str:
        """Why a token's issuer is not taken."""
        if issuer.rstrip("/") == self._settings.issuer.rstrip("/"):
            return (
                "its `iss` differs from this server's oauth_issuer only in a slash at the end; "
                "set oauth_issuer to the `iss` of the issuer's tokens"
            )
        return "it is of an issuer that this server does not trust"

    def _check_audience(self, sent: _Unverified, audiences: Collection[str]) -> None:
        """A token is made for this server, or for one of the clients where it names no audience.

        https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
        """
        claims, clients = sent.claims, self._settings.client_ids
        if claims.audiences:
            if claims.audiences.isdisjoint(audiences):
                raise InvalidTokenError(
                    "it was made for another server; its audience is not this one"
                )
            return
        if not clients:
            raise InvalidTokenError("it has no claim `aud`")
        if claims.client_id not in clients:
            raise InvalidTokenError("it was made for a client that this server does not take")
        # Without an audience, nothing but its kind tells it from an ID token.
        if claims.kinds.get("token_use") != "access" and sent.type not in ACCESS_TOKEN_TYPES:
            raise InvalidTokenError(token_kind.NO_EVIDENCE)

    def _check_signature(self, token: Token, keys: Sequence[PublicKey]) -> None:
        """One of the keys must have signed it; a token need not name its key."""
        why = DAMAGED
        for key in keys:
            try:
                if signatures.is_of(key, token):
                    return
            except WeakKeyError:
                why = "its issuer signs with a key that is too short; RSA keys need 2048 bits"
        raise InvalidTokenError(why)
