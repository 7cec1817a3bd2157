"""The settings of access by OAuth: which issuer to trust, and what a token must say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mesh.runtime.config.variables import SettingsError, Variables, address, names, number, required
from mesh.runtime.record import Record

DAY_SECONDS = "86400"
# https://www.rfc-editor.org/rfc/rfc6749#section-3.3
# Compiled where scopes are set.
SCOPE = r"[\x21\x23-\x5B\x5D-\x7E]{1,128}"


NO_SCOPES: Mapping[str, frozenset[str]] = MappingProxyType({})


class OAuthSettings(Record):
    """Whose access tokens are accepted. Nothing secret: an issuer publishes its keys.

    Attributes:
        issuer: exactly as it stands in tokens, such as https://abc.supabase.co/auth/v1.
        jwks_url: where its public keys are; None to find out from its metadata.
        issuer_ca: certificates that its own may come from besides public ones, as PEM text.
        audiences: what a token may be made for; none for this server's own address.
        client_ids: whose tokens are taken though they name no audience, as Cognito's do.
        public_client_id: the client that everybody's client may be; None where clients register.
        callback_port: of the redirect to the caller's machine that the issuer has for it.
        scopes: what clients ask the issuer for; none for those that are required.
        scope_claims: names of claims, besides `scope` and `scp`, that grant scopes.
        required_scopes: what every token must have been granted.
        tool_scopes: what a token needs besides for a tool, by the tool's name.
        max_lifetime_seconds: longest time for which a token may have been made.
        sources_claim: the claim that names the only sources that a user may see; None if users
            see all. Where it is set, a user without it sees none.
    """

    issuer: str
    jwks_url: str | None = None
    issuer_ca: str | None = None
    audiences: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    public_client_id: str | None = None
    callback_port: int | None = None
    scopes: tuple[str, ...] = ()
    scope_claims: tuple[str, ...] = ()
    required_scopes: tuple[str, ...] = ()
    tool_scopes: Mapping[str, frozenset[str]] = NO_SCOPES
    max_lifetime_seconds: float = float(DAY_SECONDS)
    sources_claim: str | None = None

    def asked(self, granted: Iterable[str]) -> list[str]:
        """What a client asks the issuer for, so that it is granted these scopes.

        Some issuers put the name of an application before a scope that is asked for, and leave
        it out in the token: `api://APP/mcp.use` and `mcp.use` at Microsoft Entra.
        https://learn.microsoft.com/entra/identity-platform/scopes-oidc
        """
        full = {scope.rpartition("/")[2]: scope for scope in self.scopes}
        return sorted({full.get(scope, scope) for scope in granted})

    def asked_for_every_call(self) -> list[str]:
        """What a client asks for to sign in: `scopes`, else what is required."""
        return sorted(self.scopes) or self.asked(self.required_scopes)

    def supported(self) -> list[str]:
        """All that a client may ask for; the metadata lists it."""
        by_tool = {scope for scopes in self.tool_scopes.values() for scope in scopes}
        return sorted({*self.scopes, *self.asked({*self.required_scopes, *by_tool})})


def _scopes(name: str, given: object) -> tuple[str, ...]:
    scopes = given.split() if isinstance(given, str) else given
    if not isinstance(scopes, list) or not all(
        isinstance(scope, str) and re.fullmatch(SCOPE, scope) for scope in scopes
    ):
        raise SettingsError(f"{name} has what is no OAuth scope.")
    return tuple(dict.fromkeys(scopes))


def _tool_scopes(variables: Variables) -> dict[str, frozenset[str]]:
    """`MESH_TOOL_SCOPES`, a JSON object of tools with their lists of scopes."""
    try:
        given = json.loads(variables.get("MESH_TOOL_SCOPES") or "{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise SettingsError(
            'MESH_TOOL_SCOPES is no JSON object such as {"search_code_files": ["code:read"]}.'
        )
    return {
        tool: frozenset(_scopes(f"MESH_TOOL_SCOPES for {tool}", scopes))
        for tool, scopes in given.items()
    }


def load(variables: Variables) -> OAuthSettings:
    """Read and check them.

    Raises:
        SettingsError: a variable is missing or has a value that does not fit.
    """
    name = "MESH_OAUTH_ISSUER"
    issuer = required(variables, name, "it names whose access tokens are taken")
    jwks = variables.get("MESH_OAUTH_JWKS_URL", "").strip()
    port = variables.get("MESH_OAUTH_CALLBACK_PORT", "").strip()
    lifetime = "MESH_OAUTH_MAX_LIFETIME_SECONDS"
    return OAuthSettings(
        issuer=address(name, issuer),
        jwks_url=address("MESH_OAUTH_JWKS_URL", jwks) if jwks else None,
        issuer_ca=variables.get("MESH_OAUTH_ISSUER_CA", "").strip() or None,
        audiences=names(variables, "MESH_OAUTH_AUDIENCES"),
        client_ids=names(variables, "MESH_OAUTH_CLIENT_IDS"),
        public_client_id=variables.get("MESH_OAUTH_PUBLIC_CLIENT_ID", "").strip() or None,
        callback_port=int(number("MESH_OAUTH_CALLBACK_PORT", port, (1, 65535))) if port else None,
        scopes=_scopes("MESH_OAUTH_SCOPES", variables.get("MESH_OAUTH_SCOPES", "")),
        scope_claims=names(variables, "MESH_OAUTH_SCOPE_CLAIMS"),
        required_scopes=_scopes(
            "MESH_OAUTH_REQUIRED_SCOPES", variables.get("MESH_OAUTH_REQUIRED_SCOPES", "")
        ),
        tool_scopes=_tool_scopes(variables),
        max_lifetime_seconds=number(
            lifetime, variables.get(lifetime) or DAY_SECONDS, (60, 604800), "seconds"
        ),
        sources_claim=variables.get("MESH_OAUTH_SOURCES_CLAIM", "").strip() or None,
    )
