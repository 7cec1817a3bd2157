"""Callers who come with an OAuth access token: who they are, or why they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.types import Scope

from mesh.runtime.access.caller import Caller
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.oauth.protected_resource import audiences, challenge
from mesh.runtime.request.errors import INTERNAL_ERROR, INVALID_REQUEST, RefusedError

if TYPE_CHECKING:
    from mesh.runtime.oauth.tokens import Holder, TokenVerifier


class AccessTokens:
    """Tells callers by their access tokens.

    Args:
        settings: Whose tokens are taken, and what they must say.
        verifier: What verifies them; made at the first token when left out.
    """

    def __init__(self, settings: OAuthSettings, verifier: TokenVerifier | None = None) -> None:
        self.settings = settings
        self._verifier = verifier

    async def caller(self, token: str, scope: Scope) -> Caller:
        """The user whose token this is.

        Raises:
            RefusedError: 401 for a token that is not valid here, 403 for one that was not
                granted what every call needs, 503 when it cannot be told.
        """
        required = self.settings.required_scopes
        holder = await self._verified(token, scope)
        if not holder.scopes.issuperset(required):
            raise RefusedError(
                403,
                INVALID_REQUEST,
                f"The access token was not granted what is needed: {' '.join(required)}.",
                challenge(
                    scope,
                    oauth=True,
                    error="insufficient_scope",
                    scopes=self.settings.asked(required),
                ),
            )
        return Caller(f"user:{holder.subject}", token, holder.scopes, sources=holder.sources)

    async def _verified(self, token: str, scope: Scope) -> Holder:
        # Here, so that a cold start without a token does not pay for cryptography.
        from mesh.runtime.oauth.claims import InvalidTokenError
        from mesh.runtime.oauth.signing_keys import IssuerUnavailableError, SigningKeys
        from mesh.runtime.oauth.tokens import TokenVerifier

        settings = self.settings
        if self._verifier is None:
            self._verifier = TokenVerifier(
                settings, SigningKeys(settings.issuer, settings.jwks_url)
            )
        try:
            return await self._verifier.verify(token, audiences(settings, scope))
        except InvalidTokenError as error:
            raise RefusedError(
                401,
                INVALID_REQUEST,
                f"The access token is not valid here: {error}.",
                challenge(
                    scope, oauth=True, error="invalid_token", scopes=settings.asked_for_every_call()
                ),
            ) from None
        except IssuerUnavailableError as error:
            raise RefusedError(
                503,
                INTERNAL_ERROR,
                f"Access tokens cannot be checked, so the request was refused: {error}.",
                {"retry-after": "5"},
            ) from None
