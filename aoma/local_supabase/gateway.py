"""What stands in front of PostgREST in a hosted project: API keys, paths, public signing keys.

https://supabase.com/docs/guides/api/api-keys
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

import httpcore

from aoma.local_supabase.http.faults import Faults, Receive, Scope, Send, read_body, with_faults
from aoma.local_supabase.http.recorder import Recorded, Requests
from aoma.local_supabase.keys import Keys
from aoma.local_supabase.postgrest import PostgREST

REST = "/rest/v1"
AUTH = "/auth/v1"
# https://openid.net/specs/openid-connect-discovery-1_0.html, RFC 8414
METADATA = {
    f"{AUTH}/.well-known/openid-configuration",
    f"/.well-known/oauth-authorization-server{AUTH}",
}
UPSTREAM_SECONDS = 60.0
# Of one hop each: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
NOT_FORWARDED = {
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
}


async def send_answer(
    send: Send, status: int, body: bytes, headers: Mapping[str, str] | None = None
) -> None:
    """A whole answer; JSON unless the headers say otherwise."""
    sent = {"content-type": "application/json", **(headers or {}), "content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in sent.items()],
        }
    )
    await send({"type": "http.response.body", "body": body})


def error_body(status: int) -> object:
    """The JSON that comes with an error status."""
    return {
        "code": str(status),
        "message": f"ordered fault {status}",
        "details": None,
        "hint": None,
    }


class Gateway:
    """The gateway as an ASGI app.

    Args:
        keys: the project's.
        postgrest: where requests to /rest/v1 go.
    """

    def __init__(self, keys: Keys, postgrest: PostgREST) -> None:
        self.faults = Faults()
        self.requests = Requests()
        self._keys = keys
        self._postgrest = postgrest
        self._legacy = {role: keys.legacy(role) for role in ("anon", "service_role")}
        self._faulty = with_faults(self._serve, self.faults, error_body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._faulty(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        path, query = scope["path"], scope["query_string"].decode()
        self.requests.add(Recorded(scope["method"], path, query, headers, body))
        if path == f"{AUTH}/.well-known/jwks.json":
            await send_answer(send, 200, json.dumps(self._keys.public_jwks()).encode())
        elif path in METADATA:
            issuer = f"http://{headers.get('host', '')}{AUTH}"
            metadata = {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["ES256"],
            }
            await send_answer(send, 200, json.dumps(metadata).encode())
        elif path == REST or path.startswith(f"{REST}/"):
            await self._rest(scope, headers, query, body, send)
        else:
            await send_answer(send, 404, b'{"message":"no Route matched with those values"}')

    def _admitted(self, headers: Mapping[str, str], query: str) -> tuple[str, str | None]:
        """The Authorization header for PostgREST ("" for none), and why it is refused."""
        asked = headers.get("apikey") or (parse_qs(query).get("apikey") or [""])[0]
        if not asked:
            return "", "No API key found in request"
        roles = {
            self._keys.publishable: "anon",
            self._keys.secret: "service_role",
            self._legacy["anon"]: "anon",
            self._legacy["service_role"]: "service_role",
        }
        role = next((roles[key] for key in roles if hmac.compare_digest(key, asked)), None)
        if role is None:
            return "", "Invalid API key"
        given = headers.get("authorization", "")
        token = given.partition(" ")[2]
        if not asked.startswith("sb_"):
            return given, None
        if not token or token == asked:
            # These keys are no tokens: the gateway brings one of their role.
            return f"Bearer {self._legacy[role]}", None
        if token.startswith("sb_"):
            return "", "Invalid API key"
        return given, None

    async def _rest(
        self, scope: Scope, headers: dict[str, str], query: str, body: bytes, send: Send
    ) -> None:
        authorization, refused = self._admitted(headers, query)
        if refused:
            hint = "Double check your Supabase `anon` or `service_role` API key."
            await send_answer(send, 401, json.dumps({"message": refused, "hint": hint}).encode())
            return
        forwarded = [
            (name.encode(), value.encode("latin-1"))
            for name, value in headers.items()
            if name not in {*NOT_FORWARDED, "authorization", "apikey"}
        ]
        forwarded += [(b"host", b"localhost"), (b"content-length", str(len(body)).encode())]
        if authorization:
            forwarded.append((b"authorization", authorization.encode()))
        target = scope["path"].removeprefix(REST) or "/"
        if query:
            target += f"?{query}"
        try:
            # A connection for each request: a restarted PostgREST is met at once.
            async with httpcore.AsyncConnectionPool(
                uds=str(self._postgrest.socket), max_keepalive_connections=0
            ) as pool:
                answer = await pool.request(
                    scope["method"],
                    httpcore.URL(scheme=b"http", host=b"localhost", target=target.encode()),
                    headers=forwarded,
                    content=body,
                    extensions={"timeout": dict.fromkeys(("connect", "read"), UPSTREAM_SECONDS)},
                )
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
            message = "An invalid response was received from the upstream server"
            await send_answer(send, 502, json.dumps({"message": message}).encode())
            return
        back = {
            name.decode().lower(): value.decode("latin-1")
            for name, value in answer.headers
            if name.decode().lower() not in NOT_FORWARDED
        }
        await send_answer(send, answer.status, answer.content, back)
