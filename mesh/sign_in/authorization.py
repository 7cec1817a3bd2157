"""The sign-in itself: a browser, a redirect to this machine, a code, tokens, and new tokens.

https://www.rfc-editor.org/rfc/rfc8252 (loopback redirects), RFC 7636 (PKCE), RFC 8707 (resource
indicators), RFC 9207 (`iss` in the answer).
"""

from __future__ import annotations

import base64
import hashlib
import queue
import secrets
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from mesh.sign_in.client import Client
from mesh.sign_in.exchange import NoAnswerError, Reply, exchange
from mesh.sign_in.finding import Finding, Party, wrong
from mesh.sign_in.issuer import Issuer

CALLBACK = "/callback"
SIGN_IN_SECONDS = 300.0
REDIRECTS = range(300, 400)
ERRORS = range(400, 600)
DONE = b"<!doctype html><title>mesh doctor</title><p>Done: go back to the terminal."


class Loopback:
    """Listens on this machine for the browser's way back.

    Args:
        port: 0 for any that is free.
    """

    def __init__(self, port: int = 0) -> None:
        answers: queue.Queue[dict[str, str]] = queue.Queue()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                is_answer = parts.path == CALLBACK
                if is_answer:
                    answers.put(dict(parse_qsl(parts.query)))
                self.send_response(200 if is_answer else 404)
                self.send_header("content-type", "text/html")
                self.send_header("content-length", str(len(DONE) if is_answer else 0))
                self.end_headers()
                self.wfile.write(DONE if is_answer else b"")

            def log_message(self, *_arguments: object) -> None:
                """Say nothing: the address has the code."""

        self._answers = answers
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.redirect = f"http://127.0.0.1:{self._server.server_port}{CALLBACK}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, seconds: float) -> dict[str, str] | None:
        """Wait for the browser; None when it does not come back in time."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return None


class SignInFailedError(Exception):
    """A step failed; `finding` says which."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.step)
        self.finding = finding


class Authorization:
    """One sign-in.

    Args:
        issuer: where.
        client: who signs in.
        resource: what the token is for.
        scopes: what is asked for.
    """

    def __init__(self, issuer: Issuer, client: Client, resource: str, scopes: list[str]) -> None:
        self._issuer = issuer
        self._client = client
        self._resource = resource
        self._scopes = scopes
        self._verifier = secrets.token_urlsafe(48)
        self._state = secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        """What the browser opens."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self._client.id,
            "redirect_uri": self._client.redirect,
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            "resource": self._resource,
            **({"scope": " ".join(self._scopes)} if self._scopes else {}),
        }
        endpoint = str(self._issuer.metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def first_answer(self) -> dict[str, str] | None:
        """Ask for the sign-in page without a browser: most refusals show at once.

        Returns:
            What an issuer that needs no person sends back; None where it shows a page.

        Raises:
            SignInFailedError: the issuer refuses the request.
        """
        try:
            reply = exchange("GET", self.address)
        except NoAnswerError as error:
            raise SignInFailedError(
                wrong("sign-in", _without_query(error), Party.ISSUER, "make its sign-in reachable")
            ) from error
        if reply.status in REDIRECTS:
            target = reply.headers.get("location", "")
            if target.startswith(self._client.redirect):
                return dict(parse_qsl(urlsplit(target).query))
        elif reply.status in ERRORS:
            raise SignInFailedError(self._refused(_errors(reply), reply.said()))
        return None

    def code(self, answer: Mapping[str, str]) -> str:
        """The code in what came back.

        Raises:
            SignInFailedError: the issuer refused, or another than this one answered.
        """
        if "error" in answer:
            said = ": ".join(filter(None, (answer["error"], answer.get("error_description"))))
            raise SignInFailedError(self._refused(said, said))
        if answer.get("state") != self._state or "code" not in answer:
            raise SignInFailedError(
                wrong(
                    "sign-in",
                    "what came back is not the answer to this sign-in (`state` or `code`)",
                    Party.ISSUER,
                    "it has to send `code` and the `state` that it was given",
                )
            )
        named = answer.get("iss")
        if named is not None and named != self._issuer.url:
            raise SignInFailedError(
                wrong(
                    "sign-in",
                    f"the answer is of the issuer {named!r}, not of {self._issuer.url!r}",
                    Party.SERVER,
                    f"set oauth_issuer to exactly {named!r}",
                )
            )
        return answer["code"]

    def tokens(self, code: str) -> dict[str, Any]:
        """Exchange the code for tokens.

        Raises:
            SignInFailedError: the issuer refused.
        """
        return self._token(
            "sign-in",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._client.redirect,
                "code_verifier": self._verifier,
            },
        )

    def refreshed(self, refresh_token: str) -> dict[str, Any]:
        """Ask for new tokens.

        Raises:
            SignInFailedError: the issuer refused.
        """
        return self._token(
            "refresh", {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )

    def _token(self, step: str, form: dict[str, str]) -> dict[str, Any]:
        address = str(self._issuer.metadata["token_endpoint"])
        sent = form | self._client.proof() | {"resource": self._resource}
        try:
            reply = exchange("POST", address, data=sent, headers={"accept": "application/json"})
        except NoAnswerError as error:
            raise SignInFailedError(
                wrong(step, str(error), Party.ISSUER, "make its token endpoint reachable")
            ) from error
        document = reply.document or {}
        if not reply.ok or not isinstance(document.get("access_token"), str):
            # Nothing of a successful answer is shown: it may have a token.
            said = f"HTTP {reply.status} without an access token" if reply.ok else reply.said()
            raise SignInFailedError(self._refused(_errors(reply), f"{address}: {said}", step))
        return document

    def _refused(self, errors: str, said: str, step: str = "sign-in") -> Finding:
        for mark, party, remedy in REMEDIES:
            if mark in errors.lower():
                named = remedy(self._client, self._resource, " ".join(self._scopes))
                return wrong(step, f"the issuer refuses: {said}", party, named)
        return wrong(
            step, f"the issuer refuses: {said}", Party.ISSUER, "its own log says why it refused"
        )

    def no_answer(self) -> Finding:
        """Give the finding that the browser did not come back."""
        return wrong(
            "sign-in",
            f"the browser did not come back within {SIGN_IN_SECONDS:g} seconds",
            Party.CLIENT,
            "read what the browser shows; most often the client's redirect addresses lack "
            f"{self._client.redirect}",
        )


type Remedy = Callable[[Client, str, str], str]
# What OAuth's errors mean here, by a mark in the code or its description, the narrowest first.
# https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 and https://www.rfc-editor.org/rfc/rfc8707
REMEDIES: tuple[tuple[str, Party, Remedy], ...] = (
    (
        "redirect",
        Party.CLIENT,
        lambda client, _resource, _scopes: (
            f"register the redirect address {client.redirect} (--port keeps it the same)"
        ),
    ),
    (
        "invalid_target",
        Party.ISSUER,
        lambda _client, resource, _scopes: (
            f"create an API (resource server) with the identifier {resource}"
        ),
    ),
    (
        "invalid_scope",
        Party.SERVER,
        lambda _client, _resource, scopes: (
            f"set oauth_scopes to scopes that the issuer has; asked for: {scopes or 'none'}"
        ),
    ),
    (
        "unauthorized_client",
        Party.CLIENT,
        lambda client, _resource, _scopes: (
            f"allow the client {client.id} the authorization code grant and this API"
        ),
    ),
    (
        "invalid_client",
        Party.CLIENT,
        lambda _client, _resource, _scopes: (
            "check --client-id; a confidential client needs --client-secret"
        ),
    ),
    (
        "access_denied",
        Party.ISSUER,
        lambda _client, _resource, _scopes: "let this user use the application",
    ),
    (
        "unsupported_grant_type",
        Party.ISSUER,
        lambda _client, _resource, _scopes: "allow the client's grant (code, refresh_token)",
    ),
)


def _errors(reply: Reply) -> str:
    """OAuth's code and description, else the page that says it."""
    document = reply.document
    if document is None:
        return reply.text
    return f"{document.get('error')} {document.get('error_description')}"


def _without_query(error: Exception) -> str:
    return " ".join(
        word.partition("?")[0] + (":" if word.endswith(":") else "") if "?" in word else word
        for word in str(error).split(" ")
    )
