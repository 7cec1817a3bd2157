"""The issuer: its metadata in every form, its keys, PKCE, and how clients become known to it.

https://www.rfc-editor.org/rfc/rfc8414#section-3
https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mesh.failure import CommandFailedError
from mesh.sign_in.exchange import NoAnswerError, Reply, exchange, is_safe, trusting
from mesh.sign_in.finding import Finding, Party, State, note, well, wrong

# What the runtime verifies; see `mesh.runtime.oauth.signing_keys`.
ALGORITHMS = ("ES256", "EdDSA", "RS256")
KEY_TYPES = {"EC": "ES256", "OKP": "EdDSA", "RSA": "RS256"}
BY_HAND = (
    "register a client with the issuer (public, PKCE, the redirect address of each client), and "
    "give its id to the clients; here with --client-id"
)


@dataclass
class Issuer:
    """An issuer, and what it said.

    Attributes:
        url: as the server names it.
        metadata: what it publishes; {} without.
        findings: what was found, in order.
    """

    url: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def registers(self) -> bool:
        """Whether clients can register themselves: RFC 7591."""
        return is_safe(self.metadata.get("registration_endpoint"))

    @property
    def reads_documents(self) -> bool:
        """Whether it takes the address of a client's metadata as its id (CIMD).

        https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/
        """
        return self.metadata.get("client_id_metadata_document_supported") is True


def addresses(issuer: str) -> tuple[str, ...]:
    """Give where clients look for an issuer's metadata, in their order.

    https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#authorization-server-metadata-discovery
    """
    base = issuer.rstrip("/")
    parts = urlsplit(base)
    origin = f"{parts.scheme}://{parts.netloc}"
    return tuple(
        dict.fromkeys(
            (
                f"{origin}/.well-known/oauth-authorization-server{parts.path}",
                f"{origin}/.well-known/openid-configuration{parts.path}",
                f"{base}/.well-known/openid-configuration",
            )
        )
    )


def examine(url: str, jwks_url: str | None = None) -> Issuer:
    """Ask an issuer for everything that a client and the server need of it.

    Args:
        url: exactly as the server names it.
        jwks_url: where its keys are, if its metadata does not say it.
    """
    issuer = Issuer(url)
    found: list[Reply] = []
    failures: list[str] = []
    for address in addresses(url):
        try:
            reply = exchange("GET", address, headers={"accept": "application/json"})
        except NoAnswerError as error:
            failures.append(str(error))
            continue
        if reply.ok and reply.document is not None:
            found.append(reply)
        else:
            failures.append(f"{address}: {reply.said()}")
    if not found:
        issuer.findings.append(
            Finding(
                "issuer",
                State.WRONG,
                ("its metadata cannot be read", *dict.fromkeys(failures)),
                Party.SERVER,
                f"check oauth_issuer ({url}): is it the issuer's own name, reachable, and trusted?",
            )
        )
        if jwks_url:
            issuer.findings.append(_keys(jwks_url))
        return issuer
    issuer.metadata = found[0].document or {}
    issuer.findings.append(_metadata(issuer, found))
    issuer.findings.append(_keys(jwks_url or issuer.metadata.get("jwks_uri")))
    return issuer


def _metadata(issuer: Issuer, found: list[Reply]) -> Finding:
    for reply in found:
        named = (reply.document or {}).get("issuer")
        if named != issuer.url:
            remedy = (
                f"set oauth_issuer to exactly {named!r}"
                if isinstance(named, str)
                else "choose an issuer whose metadata names itself"
            )
            return wrong(
                "issuer",
                f"{reply.url} is of {named!r}, not of {issuer.url!r}: clients and server refuse it",
                Party.SERVER,
                remedy,
            )
    for name in ("authorization_endpoint", "token_endpoint"):
        if not is_safe(issuer.metadata.get(name)):
            return wrong(
                "issuer",
                f"its metadata has no `{name}` with https, so nobody can sign in",
                Party.ISSUER,
                "enable the authorization code grant (the issuer's OAuth server)",
            )
    return well(
        "issuer",
        f"{issuer.url}, metadata at {len(found)} of {len(addresses(issuer.url))} addresses",
        metadata=dict(issuer.metadata),
    )


def _keys(address: object) -> Finding:
    if not is_safe(address):
        return wrong(
            "keys",
            "the metadata has no `jwks_uri` with https, so no token can be verified",
            Party.SERVER,
            "set oauth_jwks_url to where the issuer publishes its keys",
        )
    try:
        reply = exchange("GET", str(address))
    except NoAnswerError as error:
        return wrong("keys", str(error), Party.ISSUER, "make its keys reachable")
    listed = (reply.document or {}).get("keys")
    if not reply.ok or not isinstance(listed, list):
        return wrong(
            "keys", f"{address}: {reply.said()}", Party.ISSUER, "it has to publish a JWK set there"
        )
    algorithms = {
        str(key.get("alg") or KEY_TYPES.get(str(key.get("kty")), "none"))
        for key in listed
        if isinstance(key, dict) and key.get("use", "sig") == "sig"
    }
    usable = sorted(algorithms.intersection(ALGORITHMS))
    if not usable:
        has = f"only {', '.join(sorted(algorithms))}" if algorithms else "none"
        return wrong(
            "keys",
            f"of its keys at {address} none can be used: it has {has}",
            Party.ISSUER,
            f"sign access tokens with one of {', '.join(ALGORITHMS)}, not with a shared secret",
        )
    return well("keys", f"{len(listed)} at {address}, for {', '.join(usable)}")


def pkce(issuer: Issuer) -> Finding:
    """Say whether clients may prove with PKCE that a code is theirs."""
    methods = issuer.metadata.get("code_challenge_methods_supported")
    if methods is None:
        return note(
            "pkce",
            "its metadata does not say that it takes S256; strict clients refuse",
            Party.ISSUER,
            "nothing to set where its documentation says that it takes S256, as Entra ID's does",
        )
    if not isinstance(methods, list) or "S256" not in methods:
        return wrong(
            "pkce",
            "it does not take S256, so clients refuse",
            Party.ISSUER,
            "enable PKCE with S256",
        )
    return well("pkce", "S256")


def ways(issuer: Issuer, client_id: str | None = None) -> Finding:
    """Say how a client becomes known to this issuer."""
    offered = [
        name
        for name, is_there in (
            ("client metadata documents (CIMD)", issuer.reads_documents),
            ("dynamic registration", issuer.registers),
        )
        if is_there
    ]
    if client_id:
        return well("client", f"{client_id}, known before; it offers {_listed(offered)} too")
    if not offered:
        return wrong(
            "client",
            "no client can register by itself: neither CIMD nor dynamic registration is offered",
            Party.CLIENT,
            BY_HAND,
        )
    if not issuer.registers:
        return note(
            "client",
            "only CIMD is offered; clients that do not have it cannot register",
            Party.CLIENT,
            BY_HAND,
        )
    return well("client", _listed(offered))


def _listed(offered: list[str]) -> str:
    return " and ".join(offered) or "no way to register"


def unfit(url: str, jwks_url: str | None = None) -> list[Finding]:
    """Give what of an issuer does not fit a server that trusts it: nothing, where all is well.

    Args:
        url: the server's `oauth_issuer`.
        jwks_url: its `oauth_jwks_url`.
    """
    issuer = examine(url, jwks_url)
    findings = [*issuer.findings]
    if issuer.metadata:
        findings += [pkce(issuer), ways(issuer)]
    return [one for one in findings if one.state in {State.WRONG, State.NOTE}]


def notes(variables: Mapping[str, str]) -> list[str]:
    """Say what of an issuer does not fit the function with these environment variables.

    Args:
        variables: the function's; without `MESH_OAUTH_ISSUER` there is nothing to ask.
    """
    url = variables.get("MESH_OAUTH_ISSUER")
    if not url:
        return []
    try:
        with trusting(variables.get("MESH_OAUTH_ISSUER_CA") or None):
            found = unfit(url, variables.get("MESH_OAUTH_JWKS_URL") or None)
    except CommandFailedError as error:
        return [f"sign-in, issuer: {error}"]
    return [
        f"sign-in, {one.step}: {'; '.join(one.told)}. To do ({one.party}): {one.remedy}"
        for one in found
    ]
