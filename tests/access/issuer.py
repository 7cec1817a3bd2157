"""An OAuth issuer on this machine: real HTTP, real keys, made anew for each run."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

PATH = "/auth/v1"
MAKERS: dict[str, Callable[[], PrivateKey]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


# Made once a run: an RSA key takes a moment.
first_key = cache(lambda algorithm: MAKERS[algorithm]())


def public_jwk(key: PrivateKey, algorithm: str, key_id: str) -> dict[str, Any]:
    """The public half, as an issuer publishes it."""
    public = key.public_key()
    form: dict[str, Any]
    if isinstance(public, rsa.RSAPublicKey):
        form = RSAAlgorithm.to_jwk(public, as_dict=True)
    elif isinstance(public, ec.EllipticCurvePublicKey):
        form = ECAlgorithm.to_jwk(public, as_dict=True)
    else:
        form = OKPAlgorithm.to_jwk(public, as_dict=True)
    form.pop("key_ops", None)
    return {**form, "kid": key_id, "alg": algorithm, "use": "sig"}


class Issuer:
    """Signs tokens, and publishes its metadata and keys as Supabase Auth does."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[str, PrivateKey]] = {}
        self.documents: dict[str, Any] = {}
        self.requests: Counter[str] = Counter()
        self.down = False
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.requests[self.path] += 1
                if issuer.get(self.path, self):
                    return
                document = issuer.documents.get(self.path)
                self._answer(503 if issuer.down else 404 if document is None else 200, document)

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(*issuer.post(self.path, sent))

            def _answer(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}{PATH}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.documents[f"{PATH}/.well-known/openid-configuration"] = self.metadata()
        for algorithm in MAKERS:
            self.keys[algorithm.lower()] = (algorithm, first_key(algorithm))
        self.publish()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/.well-known/jwks.json"

    @property
    def jwks_requests(self) -> int:
        return self.requests[f"{PATH}/.well-known/jwks.json"]

    def get(self, path: str, handler: BaseHTTPRequestHandler) -> bool:
        """Answer what is no document; False to leave it to those."""
        del path, handler
        return False

    def post(self, path: str, body: str) -> tuple[int, dict[str, Any]]:
        """The answer to a form: there is nowhere to send one."""
        del path, body
        return 404, {}

    def metadata(self) -> dict[str, Any]:
        return {"issuer": self.url, "jwks_uri": self.jwks_url}

    def add_key(self, algorithm: str, key_id: str) -> None:
        self.keys[key_id] = (algorithm, MAKERS[algorithm]())
        self.publish()

    def remove_key(self, key_id: str) -> None:
        del self.keys[key_id]
        self.publish()

    def publish(self, *extra: Any) -> None:
        jwks = [public_jwk(key, algorithm, name) for name, (algorithm, key) in self.keys.items()]
        self.documents[f"{PATH}/.well-known/jwks.json"] = {"keys": [*extra, *jwks]}

    def claims(self, audience: Any, **other: Any) -> dict[str, Any]:
        """What an access token of Supabase Auth says; a claim given as None is left out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": audience,
            "sub": "6f1c0b3e-ada",
            "role": "authenticated",
            "session_id": "1fd0cc5a-7f4c-4d9a-9c2e-2f1b5f7f5c1e",
            "iat": now,
            "exp": now + 3600,
            **other,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        audience: Any,
        *,
        key_id: str = "es256",
        headers: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """An access token, signed."""
        algorithm, key = self.keys[key_id]
        named = {"kid": key_id, **(headers or {})}
        said = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(self.claims(audience, **claims), key, algorithm, said)
