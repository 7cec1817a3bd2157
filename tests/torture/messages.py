"""JSON-RPC messages of both eras and of `/rpc`, with wrong, odd and missing fields everywhere."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.local.runtime.fast_path.generated_requests import (
    ACCEPTS,
    message,
    modernise,
    one_in,
)
from tests.local.runtime.fast_path.pair import event
from tests.local.runtime.fast_path.requests import META
from tests.torture.inputs import Token
from tests.torture.odd_values import any_value, changed

CONTENT_TYPES = [
    *["application/json"] * 12,
    *("application/json;charset=UTF-8", "Application/JSON", "application/json ; x=y", "text/json"),
    *("application/vnd.api+json", "application/x-www-form-urlencoded", "multipart/form-data", ""),
    *(";", "application/json, text/html", "application/json\t", "é"),
]
ENCODINGS = ["gzip", "br", "deflate", "identity", "", "GZIP", "gzip, br", "x" * 200]
ODD_HEADERS = [
    *("accept", "content-type", "content-encoding", "content-length", "transfer-encoding"),
    *("origin", "host", "mcp-session-id", "mcp-method", "mcp-name", "mcp-protocol-version"),
    *("last-event-id", "x-forwarded-host", "x-forwarded-for", "x-amzn-trace-id", "expect"),
]
HEADER_VALUES = [
    *(
        "",
        " ",
        "*",
        "x",
        "é",
        "\ud800",
        "a,b",
        "0",
        "-1",
        "null",
        '"',
        "%00",
        "a\r\nb: c",
        "x" * 9000,
    ),
    *("https://app.example.com", "https://evil.example", "chunked", "2026-07-28", "tools/call"),
]
# As UTF-8 with and without the mark that some editors put first, and as what is not UTF-8.
TEXT_FORMS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"]


def odd_message(random: Random) -> Any:
    """A message with up to a few changes; some in `_meta`, where no caller looks."""
    made: Any = message(random)
    if one_in(random, 3):
        headers: dict[str, str] = {}
        modernise(random, made, headers)
    kind = random.randrange(10)
    if kind < 5:
        return changed(random, made)
    if kind == 5:
        made["params"] = {"_meta": any_value(random)}
    elif kind == 6 and isinstance(made.get("params"), dict):
        name = random.choice(["protocolVersion", "clientInfo", "clientCapabilities", "logLevel"])
        name = random.choice([f"{META}{name}", "progressToken", ""])
        meta = made["params"].get("_meta")
        made["params"]["_meta"] = {
            **(meta if isinstance(meta, dict) else {}),
            name: any_value(random),
        }
    return made


def message_event(random: Random, credentials: Sequence[dict[str, str]]) -> dict[str, Any]:
    """An event that holds such a message, or a batch of them.

    Args:
        random: What chooses.
        credentials: Headers that say who calls; one of them is taken.
    """
    path = random.choice(["/mcp", "/mcp", "/rpc", "/rpc", "/mcp/", "/health", "/ready", "/"])
    single: Any = message(random)
    headers = {
        "content-type": random.choice(CONTENT_TYPES),
        "accept": random.choice(ACCEPTS),
    }
    if one_in(random, 2):
        modernise(random, single, headers)
    sent = changed(random, single) if one_in(random, 2) else odd_message(random)
    if one_in(random, 8):
        sent = [odd_message(random) for _ in range(random.choice([0, 1, 2, 5, 60]))]
    if one_in(random, 6):
        headers[random.choice(ODD_HEADERS)] = random.choice(HEADER_VALUES)
    made = event(random.choice(["POST"] * 20 + ["GET", "PUT", "x"]), path, None, headers)
    made["headers"] |= random.choice(credentials)
    _write_body(random, made, json.dumps(sent, ensure_ascii=one_in(random, 2)))
    return made


def _write_body(random: Random, made: dict[str, Any], written: str) -> None:
    """Put a message into an event: mostly as text, else in bytes or compressed."""
    kind = random.randrange(16)
    if kind == 0:
        content = written.encode(random.choice(TEXT_FORMS), "replace")
    elif kind == 1:
        content = gzip.compress(written.encode(errors="replace"), 1, mtime=0)
        if not one_in(random, 3):
            made["headers"]["content-encoding"] = random.choice(ENCODINGS)
    elif kind == 2:
        content = written.encode(errors="replace")
    else:
        if kind == 3:
            written = "\ufeff" + written
        elif kind == 4:
            made["headers"]["content-encoding"] = random.choice(ENCODINGS)
        made["body"] = written
        return
    made["body"] = base64.b64encode(content).decode()
    made["isBase64Encoded"] = True


CLAIMS = [
    *("iss", "aud", "sub", "exp", "iat", "nbf", "role", "scope", "scp", "is_anonymous", "nonce"),
    *("jti", "token_use", "azp", "client_id", "roles", "permissions", "at_hash", "auth_time"),
]
TOKEN_HEADERS = ["alg", "typ", "kid", "crit", "b64", "cty", "x5c", "jwk", "jku"]


def odd_token(random: Random) -> Token:
    """An access token with a real signature; a third are valid, the others say odd things."""
    claims: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    if not one_in(random, 3):
        for _ in range(random.randint(1, 2)):
            claims[random.choice(CLAIMS)] = any_value(random)
    if one_in(random, 6):
        headers[random.choice(TOKEN_HEADERS)] = any_value(random)
    return Token(claims, headers)
