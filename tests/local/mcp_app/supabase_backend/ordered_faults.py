"""The faults of both services, what people are told of each, and how often is asked."""

from __future__ import annotations

from typing import NamedTuple

from tests.local.mcp_app.supabase_backend.scripted import Behaviour, Drop, Hang, Reply

PAGE = Reply(502, b"<html><body>Bad gateway canary-openai</body></html>", content_type="text/html")
MALFORMED = Reply(200, b'[{"id": "canary-signature')
NOT_JSON = Reply(200, b"<html>Sign in to the proxy</html>", content_type="text/html")


class Fault(NamedTuple):
    """What happens, each time the same; parts of what is said; how many requests that makes."""

    behaviour: Behaviour
    said: tuple[str, ...]
    requests: int = 1


def _postgrest(status: int, code: str | None = None, message: str = "", **headers: str) -> Reply:
    body = {"code": code, "message": f"{message} canary-signature", "details": None, "hint": None}
    return Reply(status, body, headers)


def _openai(status: int, code: str | None = None, **headers: str) -> Reply:
    message = "Incorrect API key provided: sk-canary-openai."
    error = {"message": message, "type": "error", "param": None, "code": code}
    return Reply(status, {"error": error}, headers)


SUPABASE = {
    "401": Fault(
        _postgrest(401, "PGRST301"),
        ("Supabase answered 401", "/mesh/test/supabase-token", "mesh secrets set SUPABASE_TOKEN"),
    ),
    "401 of the gateway": Fault(
        Reply(401, {"message": "Invalid API key"}), ("/mesh/test/supabase-key",)
    ),
    "expired JWT": Fault(
        _postgrest(401, "PGRST303", "JWT expired"), ("has expired", "mesh database token")
    ),
    "403": Fault(_postgrest(403, "42501"), ("gives no right", "mesh_server")),
    "404": Fault(Reply(404, b"nothing", content_type="text/plain"), ("404", "SUPABASE_URL")),
    "missing RPC": Fault(_postgrest(404, "PGRST202"), ("of this version", "mesh database migrate")),
    "429": Fault(
        _postgrest(429, **{"retry-after": "0"}), ("rate limit is reached", "Try again"), 2
    ),
    "429 for long": Fault(_postgrest(429, **{"retry-after": "120"}), ("rate limit is reached",)),
    "500": Fault(_postgrest(500, "XX000"), ("answered 500 (XX000)", "problem of its own")),
    "503": Fault(_postgrest(503), ("answered 503",), 2),
    "database down": Fault(_postgrest(503, "PGRST001"), ("cannot reach its database",), 2),
    "statement timeout": Fault(_postgrest(500, "57014"), ("at its time limit", "fewer")),
    "wrong dimension": Fault(
        _postgrest(400, "22000"), ("another length", "mesh ingest --re-embed")
    ),
    "paused": Fault(Reply(540, b"paused", content_type="text/plain"), ("paused", "Restore")),
    "timeout": Fault(Hang(), ("Supabase did not answer within 3 s",)),
    "disconnect": Fault(Drop(), ("broke before its answer was whole",), 2),
    "disconnect mid-body": Fault(
        Reply(200, [{"id": "p"}], cut=4), ("broke before its answer was whole",), 2
    ),
    "malformed JSON": Fault(MALFORMED, ("something that is not JSON", "SUPABASE_URL")),
    "HTML": Fault(NOT_JSON, ("something that is not JSON",)),
    "HTML with 502": Fault(PAGE, ("answered 502",), 2),
    "another shape": Fault(Reply(200, {"rows": []}), ("another shape", "mesh database migrate")),
    "rows of another shape": Fault(
        Reply(200, [{"id": "canary-signature"}]), ("another shape (at ",)
    ),
    "redirect": Fault(Reply(302, b"", {"location": "http://127.0.0.1:9/"}), ("answered 302",)),
}

OPENAI = {
    "401": Fault(
        _openai(401, "invalid_api_key"),
        ("OpenAI answered 401", "/mesh/test/openai-api-key", "mesh secrets set OPENAI_API_KEY"),
    ),
    "403": Fault(_openai(403), ("OpenAI answered 403", "may not use the ")),
    "404": Fault(_openai(404, "model_not_found"), ("does not know the ",)),
    "429": Fault(_openai(429, **{"retry-after": "0"}), ("rate limit is reached",), 2),
    "429 for long": Fault(_openai(429, **{"retry-after": "119"}), ("rate limit is reached",)),
    "quota": Fault(_openai(429, "insufficient_quota"), ("quota is used up", "Add credit")),
    "500": Fault(_openai(500), ("OpenAI answered 500", "problem of its own")),
    "503": Fault(_openai(503), ("OpenAI answered 503",), 2),
    "timeout": Fault(Hang(), ("OpenAI did not answer within 3 s",)),
    "disconnect": Fault(Drop(), ("connection to OpenAI broke",), 2),
    "disconnect mid-body": Fault(
        Reply(200, {"object": "list"}, cut=4), ("connection to OpenAI broke",), 2
    ),
    "malformed JSON": Fault(MALFORMED, ("not its API's JSON", "OPENAI_BASE_URL")),
    "HTML": Fault(NOT_JSON, ("not its API's JSON",)),
    "HTML with 502": Fault(PAGE, ("OpenAI answered 502",), 2),
    "another shape": Fault(Reply(200, {"object": "list"}), ("not its API's JSON",)),
    "null": Fault(Reply(200, b"null"), ("not its API's JSON",)),
}
