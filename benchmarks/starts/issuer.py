"""A stand-in for an OAuth issuer: its metadata, its keys, and an access token of it.

It speaks no TLS, so that instructions can be counted: the server takes that from its own machine.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from typing import Self

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from benchmarks.starts.authority import HOST, KEY_BITS

AUDIENCE = "benchmark"
DAY_SECONDS = 86400


class Issuer:
    """Serves its documents while it is entered.

    Attributes:
        url: What its tokens have as `iss`.
        token: An access token for `AUDIENCE`, signed as most issuers sign: RS256.
    """

    def __init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
        documents: dict[str, object] = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = documents.get(self.path)
                body = json.dumps(found).encode()
                self.send_response(404 if found is None else 200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        documents["/.well-known/openid-configuration"] = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}/keys",
        }
        documents["/keys"] = {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.url,
            "sub": "benchmark",
            "aud": AUDIENCE,
            "scope": "mcp",
            "iat": now,
            "exp": now + DAY_SECONDS,
        }
        self.token = jwt.encode(claims, key, "RS256", {"kid": "one", "typ": "at+jwt"})

    def __enter__(self) -> Self:
        """Serve from now on."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
