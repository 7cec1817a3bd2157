"""Keys of a project, and tokens signed with them, as Supabase Auth and its dashboard make them.

https://supabase.com/docs/guides/api/api-keys, https://supabase.com/docs/guides/auth/jwts
"""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

TEN_YEARS = 315_360_000
# What keys of the stand-in for OpenAI begin with.
STAND_IN_KEYS = "sk-local-"


@dataclass(frozen=True)
class Keys:
    """A project's keys; all of them are secret but `publishable` and `anon`.

    Attributes:
        signing: private ES256 key (JWK) that user tokens are signed with.
        jwt_secret: legacy HS256 secret.
        publishable: goes with every request of a client.
        secret: stands for the role service_role, which bypasses row-level security.
        database_password: of the user postgres.
        admin_password: of the superuser supabase_admin, which hosted projects do not give.
        openai: the key that the stand-in for OpenAI takes.
    """

    signing: dict[str, Any] = field(repr=False)
    jwt_secret: str = field(repr=False)
    publishable: str
    secret: str = field(repr=False)
    database_password: str = field(repr=False)
    admin_password: str = field(repr=False)
    openai: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Keys:
        """New ones."""
        # Here and below: `mesh status` signs nothing, and need not wait for cryptography.
        from joserfc.jwk import ECKey

        key = ECKey.generate_key("P-256", {"kid": str(uuid.uuid4()), "use": "sig", "alg": "ES256"})
        return cls(
            signing=dict(key.as_dict(private=True)),
            jwt_secret=secrets.token_urlsafe(40),
            publishable=f"sb_publishable_{secrets.token_urlsafe(16)}_{secrets.token_hex(4)}",
            secret=f"sb_secret_{secrets.token_urlsafe(16)}_{secrets.token_hex(4)}",
            database_password=secrets.token_urlsafe(16),
            admin_password=secrets.token_urlsafe(16),
            openai=f"{STAND_IN_KEYS}{secrets.token_urlsafe(24)}",
        )

    def public_jwks(self) -> dict[str, Any]:
        """What anybody may read: the public half of the signing key."""
        from joserfc.jwk import ECKey

        return {"keys": [ECKey.import_key(self.signing).as_dict(private=False)]}

    def verifying_jwks(self) -> dict[str, Any]:
        """What PostgREST verifies with: the signing key and the legacy secret."""
        from joserfc.jwk import OctKey

        legacy = OctKey.import_key(self.jwt_secret).as_dict(private=True)
        return {"keys": [*self.public_jwks()["keys"], {**legacy, "alg": "HS256"}]}

    def legacy(self, role: str) -> str:
        """A legacy API key, which is a token: `anon` or `service_role`."""
        from joserfc import jwt
        from joserfc.jwk import OctKey

        claims = {"iss": "supabase", "ref": "local", "role": role, "iat": 1_700_000_000}
        claims["exp"] = 1_700_000_000 + TEN_YEARS
        return jwt.encode(
            {"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(self.jwt_secret)
        )

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token with exactly these claims."""
        from joserfc import jwt
        from joserfc.jwk import ECKey

        header = {"alg": "ES256", "typ": "JWT", "kid": self.signing["kid"]}
        return jwt.encode(
            header, dict(claims), ECKey.import_key(self.signing), algorithms=["ES256"]
        )

    def role_token(self, role: str, *, expires_in: float = 3600) -> str:
        """A server's token with this role, as `mesh database token` makes one."""
        now = int(time.time())
        return self.sign({"iss": "local", "role": role, "iat": now, "exp": now + int(expires_in)})

    def user_token(
        self,
        issuer: str,
        *,
        email: str | None = None,
        sub: str | None = None,
        groups: Iterable[str] = (),
        anonymous: bool = False,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        """An access token of a signed-in user, as Supabase Auth issues it.

        Args:
            issuer: the project's auth address.
            email: of the user.
            sub: the user's id; made from the e-mail address when None.
            groups: go into `app_metadata.groups`, which users cannot change themselves.
            anonymous: an anonymous sign-in.
            expires_in: seconds from now; a negative one gives an expired token.
            claims: further claims, or others instead.
        """
        now = int(time.time())
        who = sub or str(uuid.uuid5(uuid.NAMESPACE_URL, email or issuer))
        content: dict[str, Any] = {
            "iss": issuer,
            "sub": who,
            "aud": "authenticated",
            "role": "authenticated",
            "iat": now + min(0, int(expires_in) - 1),
            "exp": now + int(expires_in),
            "email": "" if anonymous else (email or ""),
            "app_metadata": {"provider": "email", "groups": list(groups)},
            "user_metadata": {},
            "aal": "aal1",
            "session_id": str(uuid.uuid4()),
            "is_anonymous": anonymous,
        }
        return self.sign({**content, **(claims or {})})
