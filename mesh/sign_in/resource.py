"""The MCP server as a stranger sees it: its refusal, and its protected-resource metadata.

https://www.rfc-editor.org/rfc/rfc9728
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mesh.sign_in.exchange import NoAnswerError, Reply, exchange, is_safe
from mesh.sign_in.finding import Finding, Party, State, note, unknown, well, wrong

WELL_KNOWN = "/.well-known/oauth-protected-resource"
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 401, 403, 404, 405
CHALLENGE = "www-authenticate"
# What a Function URL makes of it.
RENAMED = "x-amzn-remapped-www-authenticate"
PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "mesh doctor", "version": "1"},
    },
}
ACCEPT = {"accept": "application/json, text/event-stream"}


def call(url: str, token: str | None = None) -> Reply:
    """Begin a session as a client does, with or without an access token.

    Raises:
        NoAnswerError: the server does not answer.
    """
    bearer = {"authorization": f"Bearer {token}"} if token else {}
    return exchange("POST", url, json=INITIALIZE, headers=ACCEPT | bearer)


@dataclass
class Resource:
    """A server, and what it said.

    Attributes:
        url: of its MCP endpoint.
        challenge: the parameters of its 401, whatever the header is called.
        is_challenge_visible: whether clients see that header.
        metadata: its protected-resource metadata; {} without.
        is_mesh: whether Mesh runs it.
        findings: what was found, in order.
    """

    url: str
    challenge: Mapping[str, str] = field(default_factory=dict)
    is_challenge_visible: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)
    is_mesh: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The address without a path."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def identifier(self) -> str:
        """What clients call it when they ask for a token: RFC 8707's `resource`."""
        named = self.metadata.get("resource")
        return named if isinstance(named, str) and _covers(named, self.url) else self.url

    @property
    def issuer(self) -> str | None:
        """The first authorization server that it names, which is the one that clients take."""
        named = self.metadata.get("authorization_servers")
        first = named[0] if isinstance(named, list) and named else None
        return first if isinstance(first, str) else None

    @property
    def scopes(self) -> list[str]:
        """What clients ask the issuer for: the 401's scopes where seen, else the metadata's."""
        if self.is_challenge_visible and self.challenge.get("scope"):
            return self.challenge["scope"].split()
        listed = self.metadata.get("scopes_supported")
        return [str(one) for one in listed] if isinstance(listed, list) else []

    def health(self) -> None:
        """Learn whether Mesh runs it: what it says then has a meaning that is known."""
        try:
            said = exchange("GET", f"{self.origin}/health").document or {}
        except NoAnswerError:
            return
        self.is_mesh = "function_version" in said


def examine(url: str) -> Resource:
    """Ask a server as a client without a credential does."""
    resource = Resource(url)
    try:
        if not urlsplit(url).path.strip("/"):
            # Most servers have their endpoint here, and people give the address alone.
            resource.url = f"{url.rstrip('/')}/mcp"
        reply = call(resource.url)
        if resource.url != url and reply.status in {NOT_FOUND, NOT_ALLOWED}:
            resource.url = url
            reply = call(url)
    except NoAnswerError as error:
        resource.findings.append(
            wrong("server", str(error), Party.SERVER, "check the address, and that it runs")
        )
        return resource
    resource.health()
    resource.findings.append(_refusal(resource, reply))
    if reply.status == UNAUTHORIZED:
        resource.findings.append(_metadata(resource))
    return resource


def _refusal(resource: Resource, reply: Reply) -> Finding:
    if reply.ok:
        return well("server", f"{resource.url} answers without a credential: no sign-in is needed")
    if reply.status == FORBIDDEN:
        return wrong(
            "server",
            f"{resource.url} refuses with 403, so no client begins to sign in",
            Party.SERVER,
            'with IAM only signed requests get in; oauth_issuer needs function_url_auth = "NONE"',
        )
    if reply.status != UNAUTHORIZED:
        return wrong(
            "server",
            f"{resource.url} answers {reply.said()}, where clients expect a 401",
            Party.SERVER,
            "check that the address is that of the MCP endpoint, such as https://HOST/mcp",
        )
    visible = reply.headers.get(CHALLENGE)
    header = visible or reply.headers.get(RENAMED) or ""
    resource.challenge = dict(PARAMETER.findall(header))
    resource.is_challenge_visible = visible is not None
    how = (
        "names its metadata"
        if visible and "resource_metadata" in resource.challenge
        else "its challenge is renamed; clients try the well-known addresses"
        if header and not visible
        else "names no metadata; clients try the well-known addresses"
    )
    return well("server", f"{resource.url} answers 401, and {how}", challenge=resource.challenge)


def _covers(named: str, url: str) -> bool:
    """Whether clients take metadata of `named` for that of `url`, as the official SDKs do."""
    one, other = urlsplit(named), urlsplit(url)
    if (one.scheme, one.netloc.lower()) != (other.scheme, other.netloc.lower()):
        return False
    return f"{other.path.rstrip('/')}/".startswith(f"{one.path.rstrip('/')}/")


def _metadata(resource: Resource) -> Finding:
    path = urlsplit(resource.url).path.rstrip("/")
    pointed = resource.challenge.get("resource_metadata")
    addresses = dict.fromkeys(
        [
            *([pointed] if pointed and resource.is_challenge_visible else []),
            f"{resource.origin}{WELL_KNOWN}{path}",
            f"{resource.origin}{WELL_KNOWN}",
        ]
    )
    told = []
    for address in addresses:
        try:
            reply = exchange("GET", address)
        except NoAnswerError as error:
            told.append(str(error))
            continue
        fits = reply.ok and reply.document is not None
        told.append(f"{address}: {'found' if fits else reply.said()}")
        if fits and not resource.metadata:
            resource.metadata = reply.document or {}
    if not resource.metadata:
        return Finding(
            "resource",
            State.WRONG,
            ("no protected-resource metadata, so clients do not learn the issuer", *told),
            Party.SERVER,
            "set oauth_issuer (with Mesh), or publish RFC 9728's metadata",
        )
    return _judged(resource, told)


def _judged(resource: Resource, told: list[str]) -> Finding:
    named = resource.metadata.get("resource")
    if not isinstance(named, str) or not _covers(named, resource.url):
        return wrong(
            "resource",
            f"the metadata is of {named!r}, not of {resource.url}: clients refuse it",
            Party.SERVER,
            "`resource` in the metadata must be the address that people give their clients",
        )
    issuer = resource.issuer
    if issuer is None or not is_safe(issuer):
        return wrong(
            "resource",
            "the metadata names no issuer with an https address in `authorization_servers`",
            Party.SERVER,
            "set oauth_issuer (with Mesh)",
        )
    missing = [line for line in told if not line.endswith(": found")]
    if missing:
        return note(
            "resource",
            f"some clients look here in vain: {'; '.join(missing)}",
            Party.SERVER,
            "publish the metadata at both well-known addresses",
        )
    return well("resource", f"{named}, issuer {issuer}", metadata=dict(resource.metadata))


def scopes(resource: Resource, issuer: Mapping[str, Any]) -> Finding:
    """Say what clients ask for, and whether the issuer lists it.

    Args:
        resource: the server.
        issuer: the issuer's metadata.
    """
    asked, listed = resource.scopes, issuer.get("scopes_supported")
    if not asked:
        return note(
            "scopes",
            "the server names none, so most clients ask for none, and some issuers refuse that",
            Party.SERVER,
            "set oauth_scopes to what clients have to ask for",
        )
    offered = listed if isinstance(listed, list) else asked
    absent = [one for one in asked if one not in offered]
    if absent:
        return note(
            "scopes",
            f"{' '.join(asked)}; the issuer does not list {' '.join(absent)}",
            Party.SERVER,
            "compare oauth_scopes with the issuer's; some issuers do not list all of theirs",
        )
    if "offline_access" in offered and "offline_access" not in asked:
        return note(
            "scopes",
            f"{' '.join(asked)}; without offline_access the issuer may give no refresh token",
            Party.SERVER,
            "add offline_access to oauth_scopes",
        )
    return well("scopes", " ".join(asked))


def step_up(resource: Resource) -> Finding:
    """Say whether clients can ask for more scopes when a tool needs them."""
    if not resource.challenge:
        return unknown("step-up", "the 401 has no challenge to compare with")
    if resource.is_challenge_visible:
        return well("step-up", "clients see the challenge of a 403, and can ask for more scopes")
    return note(
        "step-up",
        "the Function URL renames the challenge, so no client asks for more scopes after a 403",
        Party.SERVER,
        "put every scope that a tool needs into oauth_scopes, or use a domain of your own",
    )
