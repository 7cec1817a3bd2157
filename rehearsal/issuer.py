"""An issuer of tokens for workflows, in place of GitHub's.

https://docs.github.com/en/actions/reference/security/oidc. A token's subject comes from the
workflow file, as on GitHub: a job that names an environment is that environment's, and a job
without `id-token: write` gets none.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from rehearsal import workflows

ISSUER = "https://token.actions.githubusercontent.com"
SECONDS = 300


def subject(repository: str, job: workflows.Job, seen: dict[str, str]) -> str:
    """The subject of a job's token.

    Args:
        repository: OWNER/NAME, or with numbers where the repository's tokens carry them.
        job: The job, from its file.
        seen: What the job sees: `environment`, `event` and `ref`.
    """
    environment = job.environment_named(seen.get("environment", ""))
    if environment is not None:
        return f"repo:{repository}:environment:{environment}"
    if seen["event"] == "pull_request":
        return f"repo:{repository}:pull_request"
    return f"repo:{repository}:ref:{seen['ref']}"


class Issuer:
    """Serves tokens on this machine until it is closed.

    Attributes:
        folder: The repository whose workflow files say what a job is.
        name: OWNER/NAME.
        url: For ACTIONS_ID_TOKEN_REQUEST_URL.
        request_token: For ACTIONS_ID_TOKEN_REQUEST_TOKEN.
        issued: The subjects of the tokens so far.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.request_token = secrets.token_hex(16)
        self.issued: list[str] = []
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/token?api-version=2.0"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, asked: dict[str, str]) -> tuple[HTTPStatus, dict[str, Any]]:
        """A token for a job, or why there is none."""
        job = workflows.find(self.folder, asked["workflow"], asked["job"])
        if not job.may("id-token", "write"):
            return HTTPStatus.FORBIDDEN, {"message": f"{asked['job']} has no id-token: write"}
        sub = subject(self.name, job, asked)
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": asked["audience"],
            "sub": sub,
            "iat": now,
            "nbf": now,
            "exp": now + SECONDS,
            "repository": self.name,
            "ref": asked["ref"],
            "event_name": asked["event"],
        }
        self.issued.append(sub)
        return HTTPStatus.OK, {"value": jwt.encode(claims, self.key, "RS256", {"kid": "rehearsal"})}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers["Authorization"] != f"Bearer {issuer.request_token}":
                    status, body = HTTPStatus.UNAUTHORIZED, {"message": "wrong request token"}
                else:
                    query = parse_qs(urlsplit(self.path).query)
                    try:
                        status, body = issuer.token({name: one[0] for name, one in query.items()})
                    except (workflows.UnknownJobError, KeyError) as error:
                        status, body = HTTPStatus.BAD_REQUEST, {"message": repr(error)}
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing: a refusal is in the answer."""

        return Handler
