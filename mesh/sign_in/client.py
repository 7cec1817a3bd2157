"""How a client becomes known to an issuer: registered before, by its document, or right now."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mesh.sign_in.exchange import NoAnswerError, exchange
from mesh.sign_in.finding import Finding, Party, unknown, well, wrong
from mesh.sign_in.issuer import BY_HAND, Issuer, ways

NAME = "mesh doctor"
CLOSED = {401, 403}


@dataclass(frozen=True)
class Client:
    """A client that an issuer knows.

    Attributes:
        id: its `client_id`.
        secret: of a confidential client; None for a public one.
        redirect: where the issuer sends the browser back to.
    """

    id: str
    redirect: str
    secret: str | None = None

    def proof(self) -> dict[str, str]:
        """Give what it sends to the token endpoint to show who it is."""
        secret = {"client_secret": self.secret} if self.secret else {}
        return {"client_id": self.id} | secret


def document_of(url: str, redirect: str) -> str | None:
    """Say why a client's metadata document does not serve as its id; None where it does.

    https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.path in {"", "/"} or parts.fragment:
        return f"{url} is no https address with a path"
    try:
        reply = exchange("GET", url)
    except NoAnswerError as error:
        return str(error)
    document = reply.document
    if not reply.ok or document is None:
        return f"{url}: {reply.said()}"
    if document.get("client_id") != url:
        return f"its `client_id` is {document.get('client_id')!r}, not its own address"
    listed = document.get("redirect_uris")
    if not isinstance(listed, list) or not any(_same_loopback(one, redirect) for one in listed):
        return f"its `redirect_uris` do not have {redirect}"
    return None


def _same_loopback(one: object, other: str) -> bool:
    """Whether two redirects differ at most in the port: RFC 8252, section 7.3."""
    if not isinstance(one, str):
        return False
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.hostname, first.path) == (
        second.scheme,
        second.hostname,
        second.path,
    )


class Registration:
    """A client for one sign-in, and its end.

    Args:
        issuer: where it is known.
        redirect: where the browser comes back to.
    """

    def __init__(self, issuer: Issuer, redirect: str) -> None:
        self._issuer = issuer
        self._redirect = redirect
        self._made: dict[str, Any] = {}

    def given(self, client_id: str, secret: str | None) -> tuple[Client | None, Finding]:
        """A client that was registered before, or whose id is the address of its document."""
        client = Client(client_id, self._redirect, secret)
        if not client_id.startswith("https://"):
            return client, ways(self._issuer, client_id)
        if not self._issuer.reads_documents:
            return None, wrong(
                "client",
                "the issuer does not say that it reads client metadata documents (CIMD)",
                Party.ISSUER,
                f"enable CIMD there, or {BY_HAND}",
            )
        why = document_of(client_id, self._redirect)
        if why is not None:
            return None, wrong("client", why, Party.CLIENT, "correct the document at --client-id")
        return client, well("client", f"{client_id}, a metadata document (CIMD)")

    def made(self, scopes: list[str]) -> tuple[Client | None, Finding]:
        """A client that registers itself now, as RFC 7591 has it."""
        if not self._issuer.registers:
            return None, ways(self._issuer)
        address = str(self._issuer.metadata["registration_endpoint"])
        asked = {
            "client_name": NAME,
            "redirect_uris": [self._redirect],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            # A loopback redirect is a native application's: RFC 8252, section 8.4.
            "application_type": "native",
            **({"scope": " ".join(scopes)} if scopes else {}),
        }
        try:
            reply = exchange("POST", address, json=asked)
        except NoAnswerError as error:
            return None, wrong("client", str(error), Party.ISSUER, "make registration reachable")
        document = reply.document or {}
        client_id = document.get("client_id")
        if not reply.ok or not isinstance(client_id, str):
            return None, _refused(address, reply.said(), reply.status)
        self._made = document
        secret = document.get("client_secret")
        client = Client(client_id, self._redirect, str(secret) if secret else None)
        by = " and CIMD" if self._issuer.reads_documents else ""
        return client, well("client", f"registered itself; it offers dynamic registration{by}")

    def close(self) -> None:
        """Delete the client where the issuer says how: RFC 7592."""
        address = self._made.get("registration_client_uri")
        token = self._made.get("registration_access_token")
        if isinstance(address, str) and isinstance(token, str):
            with suppress(NoAnswerError):
                exchange("DELETE", address, headers={"authorization": f"Bearer {token}"})


def _refused(address: str, said: str, status: int) -> Finding:
    if status in CLOSED:
        return wrong(
            "client",
            f"{address} lets nobody register without a token of its own: {said}",
            Party.ISSUER,
            f"open dynamic registration, or {BY_HAND}",
        )
    if "scope" in said:
        return wrong(
            "client",
            f"{address} knows not every scope that is asked for: {said}",
            Party.SERVER,
            "set oauth_scopes to scopes that the issuer knows, or create them there",
        )
    return wrong(
        "client",
        f"{address} refuses a public client with a loopback redirect: {said}",
        Party.ISSUER,
        f"allow such clients in its registration policy, or {BY_HAND}",
    )


def not_known(why: str) -> Finding:
    """Give the finding that no client was tried."""
    return unknown("client", why)
