"""An issuer where one can sign in: clients register, authorize with PKCE, and get a token.

As Supabase's OAuth server does it, but for the page on which a person consents.
https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.access.issuer import Issuer


def single(query: str) -> dict[str, str]:
    """The parameters of a query or form."""
    return {name: values[0] for name, values in parse_qs(query).items()}


class SignInIssuer(Issuer):
    """An issuer whose one user consents to everything that a client asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def metadata(self) -> dict[str, Any]:
        return {
            **super().metadata(),
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "registration_endpoint": f"{self.url}/register",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        }

    def get(self, path: str, handler: BaseHTTPRequestHandler) -> bool:
        """`/authorize`: the user is sent back to the client with a code."""
        parts = urlsplit(path)
        if not parts.path.endswith("/authorize"):
            return False
        asked = single(parts.query)
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        handler.send_response(302)
        handler.send_header("location", f"{asked['redirect_uri']}?{back}")
        handler.send_header("content-length", "0")
        handler.end_headers()
        return True

    def post(self, path: str, body: str) -> tuple[int, dict[str, Any]]:
        """`/register`, and `/token` for a code and its proof."""
        if path.endswith("/register"):
            return 201, {**json.loads(body), "client_id": "client-1"}
        form = single(body)
        asked = self._codes.pop(form["code"])
        proof = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        # Bound to what the client asked it for: RFC 8707.
        token = self.token(form["resource"], scope=asked.get("scope", ""), sub="ada")
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
