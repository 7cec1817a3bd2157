"""Callers who come with an OAuth access token: who they are, or why they are refused."""

from __future__ import annotations

from mesh.runtime.access.caller import Caller
from mesh.runtime.oauth.protected_resource import audiences, bearer_challenge
from mesh.runtime.request.errors import INTERNAL_ERROR, INVALID_REQUEST, RefusedError

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesh.runtime.config.oauth_settings import OAuthSettings
    from mesh.runtime.oauth.protected_resource import Address
    from mesh.runtime.oauth.tokens import Holder, TokenVerifier


class AccessTokens:
    """Tells callers by their access tokens, with one set of keys for both ways of an instance.

    Args:
        settings: Whose tokens are taken, and what they must say.
    """

    def __init__(self, settings: OAuthSettings) -> None:
        self.settings = settings
        self._made: TokenVerifier | None = None

    def waits(self, token: str) -> bool:
        """Whether `caller` may have to wait for the issuer, and so may take seconds."""
        return self._verifier().waits(token)

    def caller(self, token: str, address: Address) -> Caller:
        """The user whose token this is; blocks while the issuer is asked for its keys.

        Args:
            token: As it was sent.
            address: Where the request came in.

        Raises:
            RefusedError: 401 for a token that is not valid here, 403 for one that was not
                granted what every call needs, 503 when it cannot be told.
        """
        required = self.settings.required_scopes
        holder = self._verified(token, address)
        if not holder.scopes.issuperset(required):
            raise RefusedError(
                403,
                INVALID_REQUEST,
                f"The access token was not granted what is needed: {' '.join(required)}.",
                _challenge(address, "insufficient_scope", self.settings.asked(required)),
            )
        return Caller(f"user:{holder.subject}", token, holder.scopes, sources=holder.sources)

    def _verifier(self) -> TokenVerifier:
        if self._made is None:
            # Here, so that a cold start without a token does not pay for it.
            from mesh.runtime.oauth.signing_keys import SigningKeys
            from mesh.runtime.oauth.tokens import TokenVerifier

            settings = self.settings
            keys = SigningKeys(settings.issuer, settings.jwks_url, settings.issuer_ca)
            self._made = TokenVerifier(settings, keys)
        return self._made

    def _verified(self, token: str, address: Address) -> Holder:
        verifier = self._verifier()
        # What the verifier has imported.
        from mesh.runtime.oauth.claims import InvalidTokenError
        from mesh.runtime.oauth.signing_keys import IssuerUnavailableError

        try:
            return verifier.verify(token, audiences(self.settings, address))
        except InvalidTokenError as error:
            raise RefusedError(
                401,
                INVALID_REQUEST,
                f"The access token is not valid here: {error}.",
                _challenge(address, "invalid_token", self.settings.asked_for_every_call()),
            ) from None
        except IssuerUnavailableError as error:
            raise RefusedError(
                503,
                INTERNAL_ERROR,
                f"Access tokens cannot be checked, so the request was refused: {error}.",
                {"retry-after": "5"},
            ) from None


def _challenge(address: Address, error: str, scopes: Iterable[str]) -> dict[str, str]:
    return bearer_challenge(address.metadata_url, error=error, scopes=scopes)
