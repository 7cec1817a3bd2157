"""Whether a token is an access token. An ID token never opens this server.

An issuer signs both kinds with the same keys. An ID token tells a client who has signed in, and
its audience is that client. https://openid.net/specs/openid-connect-core-1_0.html#IDToken
An access token opens a resource, and its audience is that resource.
https://www.rfc-editor.org/rfc/rfc9068#section-2

So a token must show that it is an access token. docs/explanation/access-control.md lists for
operators what counts.
"""

from __future__ import annotations

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

    from mesh.runtime.oauth.claims import Claims

# https://www.rfc-editor.org/rfc/rfc9068#section-2.1
ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
# What issuers write that know no type of their own for access tokens.
TYPES = ACCESS_TOKEN_TYPES | {"jwt"}
# Hashes of what came or was issued along with an ID token, so nothing else can have them.
# https://openid.net/specs/openid-connect-core-1_0.html#HybridIDToken
# https://openid.net/specs/openid-financial-api-part-2-1_0.html#id-token-as-detached-signature
# https://openid.net/specs/openid-client-initiated-backchannel-authentication-core-1_0.html#successful_token_push
ID_TOKEN_HASHES = frozenset({"at_hash", "c_hash", "s_hash", "urn:openid:params:jwt:claim:rt_hash"})
# A logout token, or another security event: https://www.rfc-editor.org/rfc/rfc8417#section-2.2
SECURITY_EVENT = "events"
# What access tokens say where their issuer names the kind; see `claims.KIND_CLAIMS`.
ACCESS_TOKEN_KINDS = {"token_use": {"access"}, "typ": {"bearer"}, "idtyp": {"app", "user"}}
# Supabase Auth puts both into every access token: the database role that the caller acts with,
# and the session. https://supabase.com/docs/guides/auth/jwt-fields
SUPABASE_SESSION = frozenset({"role", "session_id"})

SEND = "send the access token, `access_token` in the issuer's answer"
ID_TOKEN = f"it is an ID token, which only says who has signed in; {SEND}"
OTHER_KIND = f"it is not an access token but another kind of token; {SEND}"
NO_EVIDENCE = (
    "it may be an ID token, because nothing in it shows that it is an access token (such as "
    f"`typ: at+jwt`, a scope, or an audience that is an address); {SEND}"
)


def is_address(audience: str) -> bool:
    """Whether an audience is the address of a resource, rather than the id of a client.

    https://www.rfc-editor.org/rfc/rfc8707#section-2
    """
    return "://" in audience


def refusal(token_type: str, claims: Claims, audiences: Collection[str]) -> str | None:
    """Why a token is not taken for an access token; None when it is one.

    Args:
        token_type: The header's `typ` in lower case, `jwt` when it has none.
        claims: What the token says.
        audiences: The audiences that this server takes.
    """
    if token_type not in TYPES or SECURITY_EVENT in claims.names:
        return OTHER_KIND
    if claims.names & ID_TOKEN_HASHES:
        return ID_TOKEN
    for name, said in claims.kinds.items():
        if said not in ACCESS_TOKEN_KINDS[name]:
            return ID_TOKEN if said == "id" else OTHER_KIND
    if token_type in ACCESS_TOKEN_TYPES or claims.kinds:
        return None
    # A client's nonce comes back in its ID token. Access tokens with one, from older versions of
    # Keycloak, name their kind. ID tokens of some issuers, such as Cloud Foundry's, have a scope.
    if "nonce" in claims.names:
        return ID_TOKEN
    shown = (
        bool(claims.scopes)
        # The audience of an ID token always has the client that it was made for.
        or (claims.client_id is not None and claims.client_id not in claims.audiences)
        or any(is_address(audience) for audience in claims.audiences.intersection(audiences))
        or claims.names >= SUPABASE_SESSION
    )
    return None if shown else NO_EVIDENCE
