"""A token, explained: what it is, what it is for, and whether this server would take it.

The runtime's own code judges it. No part of a token but the named claims is ever shown.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import UTC, datetime

from mesh.failure import CommandFailedError
from mesh.sign_in.finding import Finding, Party, State, well, wrong

JWT_PARTS, JWE_PARTS = 3, 5


def explain(
    token: str,
    *,
    issuer: str | None,
    resource: str,
    audiences: Collection[str] = (),
    client_ids: Collection[str] = (),
    scopes: Collection[str] = (),
    authority: str | None = None,
) -> list[Finding]:
    """Explain a token.

    Args:
        token: as the issuer gave it.
        issuer: the one that the server trusts; None if that is not known.
        resource: the server's address.
        audiences: the server's `oauth_audiences`; none for its own address.
        client_ids: the server's `oauth_client_ids`.
        scopes: what the server asks for.
        authority: a private one that the issuer's certificate is of, as PEM text.

    Returns:
        The steps `token` (what it says) and `accepted` (whether it is taken).

    Raises:
        CommandFailedError: a library that verifies tokens is missing.
    """
    parts = token.count(".") + 1
    if parts != JWT_PARTS:
        kind = "an encrypted token (JWE)" if parts == JWE_PARTS else "an opaque token, not a JWT"
        return [
            wrong(
                "token",
                f"{kind}: only its issuer can read it",
                Party.ISSUER,
                "make signed JWT access tokens; many issuers do once they are asked for an API "
                "(resource or audience)",
            )
        ]
    try:
        return _Explained(token, audiences or _own(resource), authority).findings(
            issuer, resource, client_ids, scopes
        )
    except ModuleNotFoundError as error:
        raise CommandFailedError(
            f"a token is judged with {error.name}, which is not installed: "
            "pip install 'pyjwt[crypto]' httpx2"
        ) from error


def _own(resource: str) -> tuple[str, ...]:
    """What the server is called where it has no `oauth_audiences`; see the runtime's."""
    root = resource.removesuffix("/mcp").rstrip("/")
    return (resource, f"{root}/", root)


class _Explained:
    def __init__(self, token: str, audiences: Collection[str], authority: str | None) -> None:
        self._token = token
        self._authority = authority
        self._audiences = audiences

    def findings(
        self,
        issuer: str | None,
        resource: str,
        client_ids: Collection[str],
        scopes: Collection[str],
    ) -> list[Finding]:
        # Here: verifying needs a cryptography library, which other commands do without.
        from jwt import PyJWS
        from jwt.exceptions import PyJWTError

        from mesh.runtime.oauth import token_kind
        from mesh.runtime.oauth.claims import InvalidTokenError, read

        try:
            decoded = PyJWS().decode_complete(self._token, options={"verify_signature": False})
            claims = read(decoded["payload"])
        except PyJWTError:
            return [_unreadable("it is damaged: not a JWT")]
        except InvalidTokenError as error:
            return [_unreadable(str(error))]
        header = decoded["header"]
        kind = str(header.get("typ", "JWT"))
        refused = token_kind.refusal(kind.lower(), claims, self._audiences)
        what = "an access token" if refused is None else refused.partition(";")[0]
        lifetime = claims.expires_at - claims.issued_at
        left = claims.expires_at - time.time()
        ends = f"{datetime.fromtimestamp(claims.expires_at, UTC):%Y-%m-%d %H:%M} UTC"
        granted = sorted(claims.scopes or ())
        said = well(
            "token",
            f"JWT signed with {header.get('alg')}, typ {kind}: {what}",
            f"iss {claims.issuer}",
            f"aud {' '.join(sorted(claims.audiences)) or '(none)'}",
            *([f"client_id {claims.client_id}"] if claims.client_id else []),
            f"scopes {' '.join(granted) or '(none)'}",
            f"lives {lifetime:.0f} s, {'ends' if left > 0 else 'ended'} {ends}",
            kind=what,
            alg=header.get("alg"),
            iss=claims.issuer,
            aud=sorted(claims.audiences),
            scopes=granted,
            lifetime_seconds=lifetime,
            expires_at=claims.expires_at,
        )
        taken = self._taken(issuer or claims.issuer, client_ids)
        if taken is None:
            missing = [one for one in scopes if one.rpartition("/")[2] not in claims.granted]
            lacking = [one for one in missing if one not in {"openid", "offline_access", "profile"}]
            if lacking:
                return [
                    said,
                    Finding(
                        "accepted",
                        State.NOTE,
                        (f"yes, but without the scopes {' '.join(lacking)}, which were asked for",),
                        Party.ISSUER,
                        "grant the client these scopes; roles count with oauth_scope_claims",
                    ),
                ]
            return [said, well("accepted", "yes, by the rules of Mesh's own servers")]
        party, remedy = self._remedy(claims.issuer, claims.audiences, issuer, resource, header)
        if refused is not None:
            party, remedy = Party.CLIENT, token_kind.SEND
        if claims.expires_at < time.time():
            party, remedy = Party.CLIENT, "refresh the token, or sign in again"
        return [said, wrong("accepted", f"no: {taken}", party, remedy)]

    def _taken(self, issuer: str, client_ids: Collection[str]) -> str | None:
        """Why the runtime's own verification refuses the token; None where it takes it."""
        from mesh.runtime.config.oauth_settings import OAuthSettings
        from mesh.runtime.oauth.claims import InvalidTokenError
        from mesh.runtime.oauth.signing_keys import IssuerUnavailableError, SigningKeys
        from mesh.runtime.oauth.tokens import TokenVerifier

        settings = OAuthSettings(issuer=issuer, client_ids=tuple(client_ids))
        verifier = TokenVerifier(settings, SigningKeys(issuer, None, self._authority))
        try:
            verifier.verify(self._token, self._audiences)
        except (InvalidTokenError, IssuerUnavailableError) as error:
            return str(error)
        return None

    def _remedy(
        self,
        issuer: str,
        audiences: Collection[str],
        trusted: str | None,
        resource: str,
        header: dict[str, object],
    ) -> tuple[Party, str]:
        if trusted is not None and issuer != trusted:
            return (
                Party.SERVER,
                f"set oauth_issuer to {issuer!r}, if you trust that one",
            )
        if not audiences:
            return Party.SERVER, "set oauth_client_ids to the id of the client, as for Cognito"
        if not set(audiences) & set(self._audiences):
            return Party.ISSUER, (
                f"make tokens for {resource} (an API with this identifier), or set "
                f"oauth_audiences to {' '.join(sorted(audiences))}, if only this server is meant"
            )
        if str(header.get("alg")) in {"HS256", "HS384", "HS512", "none"}:
            return Party.ISSUER, "sign access tokens with a key pair: ES256, EdDSA or RS256"
        return Party.ISSUER, "what the token says has to change at the issuer"


def _unreadable(why: str) -> Finding:
    return wrong("token", why, Party.CLIENT, "send `access_token` of the issuer's answer")
