"""The servers under torture, one for each way of letting callers in, and who may call them.

Keys and secrets are fixed, so that an input which was saved can be repeated. They open nothing
else, and contain a word that is easy to find in an answer or a log.
"""

from __future__ import annotations

import base64
import json
import time
from copy import replace
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from mcp_app.settings import Settings
from mesh.runtime.access.api_keys import digest
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.config.settings import Auth
from mesh.runtime.domain.origin_secret import HEADER, VIEWER_HEADER
from mesh.runtime.http.instance import Instance
from tests.fixtures.instances import instance_of, settings_of
from tests.fixtures.issuer import Issuer
from tests.fixtures.sample_index import write_sample_index
from tests.local.runtime.fast_path.conftest import Hashes, pair_of
from tests.local.runtime.fast_path.copies import built, project_with
from tests.local.runtime.fast_path.generated_requests import credentials
from tests.local.runtime.fast_path.live_memory import Memory, memory
from tests.local.runtime.fast_path.pair import HOST, Pair
from tests.local.runtime.fast_path.ways import Way
from tests.torture.inputs import Input, Token
from tests.torture.streamed import StreamingRuntime

AUTHS: dict[str, Auth] = {
    "api_key": "api_key",
    "both": "both",
    "domain": "api_key",
    "open": "none",
    "iam": "iam",
    "oauth": "oauth",
}
SIGNED = frozenset({"iam"})
WITH_TOKENS = ("both", "oauth")
PUBLIC_URL = "https://mesh.example.com/"
AUDIENCE = f"https://{HOST}/mcp"


def _key(who: str) -> str:
    return f"mesh_torture-{who}-".ljust(48, "K")


KEY, LIMITED, EXPIRED, UNKNOWN = map(_key, ("valid", "limited", "expired", "unknown"))
ORIGIN_SECRET = "mesh_origin_torture-secret"
# None of these may ever be in an answer or in a log line.
SECRETS = (KEY, LIMITED, EXPIRED, ORIGIN_SECRET)
CALLERS = credentials(KEY, LIMITED, EXPIRED)
STRANGERS: list[dict[str, str]] = [
    {},
    {"authorization": ""},
    {"authorization": f"Bearer {UNKNOWN}"},
    {"authorization": f"Bearer {EXPIRED}"},
    {"x-api-key": UNKNOWN},
    {"authorization": "Basic eDp5"},
    {"authorization": f"Bearer {'x' * 7000}"},
]


def _stored_keys() -> str:
    entries = []
    for name, key, more in (
        ("torture", KEY, {}),
        ("limited", LIMITED, {"tools": ["search_knowledge"]}),
        ("expired", EXPIRED, {"expires": "2026-01-02"}),
    ):
        entry = {"name": name, "sha256": digest(key), "last4": key[-4:], "created": "2026-01-01"}
        entries.append(entry | more)
    return json.dumps({"keys": entries})


def _stored_secrets() -> str:
    return json.dumps({"secrets": [{"sha256": digest(ORIGIN_SECRET), "created": "2026-01-01"}]})


def prepare(scratch: Path) -> None:
    """Write what all servers of a run share: the index, and the fast path as the build makes it."""
    write_sample_index(scratch)
    built(project_with(scratch), scratch / "frozen")


@dataclass(frozen=True)
class Server:
    """One server, both ways.

    Attributes:
        pair: The fast path, where the deployment has one, and the full path.
        fast_path: The process of the fast path.
        instance: The full path's, for the streaming entry point.
        protected: Whether callers need a credential.
    """

    pair: Pair
    fast_path: Way
    instance: Instance
    protected: bool


class Servers:
    """Starts the servers when they are first asked.

    Args:
        scratch: The folder that `prepare` has filled.
    """

    def __init__(self, scratch: Path) -> None:
        self._index = scratch / "knowledge.sqlite3"
        self._started: dict[str, Server] = {}
        self._issuer = Issuer()
        self._issuer.__enter__()
        self._project = scratch / "project"
        self._streaming: StreamingRuntime | None = None

    def get(self, name: str) -> Server:
        """The server of this name, one of `AUTHS`."""
        if name not in self._started:
            self._started[name] = self._start(name)
        return self._started[name]

    def discard(self, name: str) -> None:
        """Start this server anew the next time: something broke it off in the middle."""
        server = self._started.pop(name, None)
        if server is not None:
            server.fast_path.close()

    def stream(self, server: Server, event: Any) -> dict[str, Any]:
        """What the server's full path answers in streaming mode; see `StreamingRuntime`."""
        if self._streaming is None:
            self._streaming = StreamingRuntime()
        return self._streaming.stream(server.instance, event)

    def memory(self) -> dict[str, Memory]:
        """The memory of this process, `full`, and of each server's fast path, by its name."""
        fast = {name: server.fast_path.memory() for name, server in self._started.items()}
        return {"full": memory(), **fast}

    def close(self) -> None:
        """Stop the issuer and all servers."""
        for server in self._started.values():
            server.instance.close()
            server.fast_path.close()
        if self._streaming is not None:
            self._streaming.close()
        self._issuer.__exit__()

    def _start(self, name: str) -> Server:
        settings, hashes = self._settings(name), None
        if name == "domain":
            hashes = Hashes(_stored_secrets())
        instance = instance_of(settings, _stored_keys, None if hashes is None else hashes.secrets())
        alone = Way("alone", self._project, self._index.parent, settings, _stored_keys())
        pair = pair_of(alone, instance, hashes)
        if name == "oauth":
            # As `mesh.runtime.fast_path.front.front` decides.
            pair = replace(pair, fast=lambda _event: None)
        return Server(pair, alone, instance, protected=name != "open")

    def _settings(self, name: str) -> Settings:
        base = settings_of(self._index)
        if name == "domain":
            return replace(base, public_url=PUBLIC_URL, origin_secret_parameter="/o")
        if name in WITH_TOKENS:
            base = replace(base, oauth=OAuthSettings(self._issuer.url))
        return replace(base, auth=AUTHS[name])

    def event_of(self, given: Input) -> Any:
        """The event to send: the input's, with its token signed."""
        if given.token is None or not isinstance(given.event, dict):
            return given.event
        headers = given.event.get("headers")
        if not isinstance(headers, dict):
            return given.event
        signed = f"Bearer {self._signed(given.token)}"
        return {**given.event, "headers": {**headers, "authorization": signed}}

    def _signed(self, token: Token) -> str:
        """The token, whatever types its claims have; PyJWT would refuse to encode some."""
        now = int(time.time())
        claims = self._issuer.claims(AUDIENCE, iat=now - 5, exp=now + 600) | token.claims
        header = {"alg": "ES256", "typ": "JWT", "kid": "es256"} | token.headers
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
            for part in (header, {k: v for k, v in claims.items() if v is not None})
        ]
        algorithm, key = self._issuer.keys["es256"]
        signature = jwt.get_algorithm_by_name(algorithm).sign(b".".join(parts), key)
        return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


THROUGH_DOMAIN = {HEADER: ORIGIN_SECRET, VIEWER_HEADER: "203.0.113.9"}
