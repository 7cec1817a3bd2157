"""Who may come in is decided before anything looks at a body, on both ways."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import logging
from copy import replace
from typing import Any

import pytest

from mesh.runtime.access.api_keys import generate
from mesh.runtime.config.oauth_settings import OAuthSettings
from mesh.runtime.http import instance
from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.conftest import Hashes, front_of, stored_keys
from tests.local.runtime.fast_path.pair import Context, comparable, event
from tests.local.runtime.fast_path.test_behind_domain import SECRET, THROUGH, URL, stored

ROUTES = [
    *(("POST", path) for path in ("/mcp", "/mcp/", "/rpc", "/ready", "/nowhere", "/%6dcp", "")),
    *(("PUT", "/mcp"), ("OPTIONS", "/rpc"), ("GET", "/mcp"), ("GET", "/ready"), ("POST", "/")),
]
QUOTES = "[]" * 65 + '"' + '\\"' * 60_000
BODIES: dict[str, dict[str, Any]] = {
    "plain": {"body": '{"method": "ping"}'},
    "no JSON": {"body": "{"},
    "quotes without an end": {"body": QUOTES},
    "nested": {"body": "[" * 100_000},
    "no base64": {"body": "%%%", "isBase64Encoded": True},
    "no Unicode": {"body": "\ud800"},
    "no UTF-8": {"body": "/w==", "isBase64Encoded": True},
    "compressed": {
        "body": base64.b64encode(gzip.compress(b'{"method": "ping"}')).decode(),
        "isBase64Encoded": True,
    },
    "too large": {"body": "x" * (4 * 1024 * 1024 + 1)},
}
STRANGERS = [{}, {"authorization": f"Bearer {generate()}"}, {"x-api-key": "x" * 9000}]
OAUTH = OAuthSettings("https://issuer.example.com", required_scopes=("b", "a"))


def touched(_event: Any) -> bytes:
    raise AssertionError("the body was read")


@pytest.fixture(scope="module")
def ways(new_pair: Any, settings: Any) -> dict[str, Any]:
    """Both ways of servers that ask for a credential of each kind."""
    behind = replace(settings, public_url=URL, origin_secret_parameter="/o")
    return {
        "keys": new_pair(settings),
        "keys and tokens": new_pair(replace(settings, auth="both", oauth=OAUTH)),
        "signatures": new_pair(replace(settings, auth="iam")),
        "domain": new_pair(behind, Hashes(stored(SECRET))),
    }


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("auth", ["keys", "keys and tokens", "signatures", "domain"])
def test_a_refusal_is_the_same_whatever_the_body_is(
    ways: Any, monkeypatch: pytest.MonkeyPatch, auth: str, kind: str
) -> None:
    monkeypatch.setattr(instance, "event_body", touched)
    pair = ways[auth]
    for method, path in ROUTES:
        for headers in STRANGERS:
            sent = {"content-type": "text/plain", "content-encoding": "gzip", **headers}
            sent |= THROUGH if auth == "domain" else {}
            asked = event(method, path, headers=sent)
            expected = pair.full(asked)
            assert expected["statusCode"] in {401, 403}
            asked |= BODIES[kind]
            assert comparable(pair.full(asked)) == comparable(expected)
            assert comparable(pair.fast(asked)) == comparable(expected)


@pytest.mark.parametrize("kind", BODIES)
def test_public_routes_look_at_no_body(
    ways: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(instance, "event_body", touched)
    for method in ("GET", "HEAD"):
        asked = event(method, "/health") | BODIES[kind]
        assert ways["keys"].check(asked)
        assert ways["keys"].full(event(method, "/") | BODIES[kind])["statusCode"] == 200


@pytest.mark.parametrize("kind", BODIES)
def test_streamed_refusals_look_at_no_body(
    new_instance: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(instance, "event_body", touched)
    server = new_instance(settings)
    sent: list[Any] = []

    async def left() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    server.run(server.stream(event("POST", "/mcp") | BODIES[kind], Context(), left, send))
    assert sent[0]["status"] == 401


def test_a_header_name_that_is_not_ascii_is_the_callers_fault(ways: Any) -> None:
    headers = {"authorization": f"Bearer {KEY}", "mcp-protocol-version": "", "host\u00e9": "x"}
    asked = event("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers)
    assert ways["keys"].full(asked)["statusCode"] == 400
    assert ways["keys"].check(asked)


OWN = "https://abc.lambda-url.us-east-1.on.aws"


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", f"{OWN}:8443", URL])
@pytest.mark.parametrize("auth", ["keys", "keys and tokens", "signatures"])
def test_a_page_of_another_origin_is_refused_without_fastmcp(
    ways: Any, auth: str, origin: str
) -> None:
    for method, path in [*ROUTES, ("GET", "/health"), ("GET", "/")]:
        for headers in STRANGERS:
            asked = event(method, path, headers={**headers, "origin": origin})
            assert ways[auth].check(asked)
            assert ways[auth].fast(asked)["statusCode"] == 403


@pytest.mark.parametrize("origin", ["https://app.example.com", OWN])
def test_an_allowed_page_is_answered_without_fastmcp(ways: Any, origin: str) -> None:
    headers = {"authorization": f"Bearer {KEY}", "origin": origin}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    asked = event("POST", "/rpc", body, headers)
    assert ways["keys"].check(asked)
    assert ways["keys"].fast(asked)["statusCode"] == 200


@pytest.mark.parametrize(("origin", "status"), [(URL[:-1], 200), (OWN, 403)])
def test_behind_a_domain_its_own_pages_may_call(ways: Any, origin: str, status: int) -> None:
    asked = event("GET", "/health", headers={**THROUGH, "origin": origin})
    assert ways["domain"].check(asked)
    assert ways["domain"].fast(asked)["statusCode"] == status


def test_a_stranger_learns_where_to_get_a_token_without_fastmcp(ways: Any) -> None:
    reply = ways["keys and tokens"].fast(event("POST", "/mcp"))
    told = reply["headers"]["www-authenticate"]
    assert 'scope="a b"' in told
    assert "/.well-known/oauth-protected-resource/mcp" in told


def test_what_fails_on_the_fast_path_is_answered_by_fastmcp_and_logged(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    front = front_of(settings)
    handed_on: list[Any] = []
    monkeypatch.setattr(front, "_fastmcp", lambda event, _context: handed_on.append(event))
    asked = event("POST", "/rpc", {"method": "ping"}, {"x-api-key": KEY})
    for number, failure in enumerate((RuntimeError("secret"), SystemExit(3), RecursionError())):

        def fail(*_given: Any, failure: BaseException = failure) -> Any:
            raise failure

        caplog.clear()
        monkeypatch.setattr(front, "_answered", fail)
        with caplog.at_level(logging.ERROR):
            front.answer(asked, Context())
        assert len(handed_on) == number + 1
        (line,) = caplog.records
        assert type(failure).__name__ in line.getMessage()
        assert "secret" not in line.getMessage()
        assert line.exc_info is None


def test_a_server_that_cannot_start_says_so_and_answers_on(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = front_of(settings)

    def exits(*_given: Any) -> Any:
        raise SystemExit(1)

    front._full = exits
    # Only the build writes what it reads.
    monkeypatch.setattr(front, "_loaded_methods", lambda: None)
    assert front.answer(event("GET", "/"), Context())["statusCode"] == 500
    assert front.answer(event("GET", "/health"), Context())["statusCode"] == 200
    assert json.loads(stored_keys())


ODD_META: list[Any] = [1.5, None, True, "x", "", [], ["x"], 0, {"x": 1}, {"progressToken": {}}]


@pytest.mark.parametrize("meta", ODD_META)
@pytest.mark.parametrize("method", ["server/discover", "ping", "tools/list", "nothing/here"])
def test_meta_of_any_type_spoils_one_message_alone(ways: Any, meta: Any, method: str) -> None:
    pair = ways["keys"]
    headers = {"content-type": "application/json", "x-api-key": KEY}
    odd = {"id": 1, "method": method, "params": {"_meta": meta}}
    pair.check(event("POST", "/rpc", odd, headers))
    reply = pair.full(event("POST", "/rpc", [odd, {"id": 2, "method": "ping"}], headers))
    assert reply["statusCode"] == 200
    first, second = json.loads(reply["body"])
    assert first["id"] == 1
    assert second == {"jsonrpc": "2.0", "id": 2, "result": {}}
    assert "Internal" not in str(first)


def test_a_failure_within_a_batch_leaves_the_other_answers(
    new_pair: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mesh.runtime.endpoint import rpc  # noqa: PLC0415 - patched here alone

    whole = rpc._complete

    def broken(message: Any) -> Any:
        if message["method"] == "broken":
            raise RuntimeError
        return whole(message)

    pair = new_pair(settings)
    monkeypatch.setattr(rpc, "_complete", broken)
    batch = [{"id": 1, "method": "broken"}, {"id": 2, "method": "ping"}]
    headers = {"content-type": "application/json", "x-api-key": KEY}
    first, second = json.loads(pair.full(event("POST", "/rpc", batch, headers))["body"])
    assert (first["id"], first["error"]["code"]) == (1, -32603)
    assert second["result"] == {}


PING = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize(
    "declared", ["APPLICATION/JSON", "Application/Json ; charset=UTF-8", "application/JSON;x=y", ""]
)
def test_media_types_are_compared_without_case(ways: Any, path: str, declared: str) -> None:
    headers = {"content-type": declared, "accept": "APPLICATION/JSON, Text/Event-Stream"}
    asked = event("POST", path, PING, {**headers, "x-api-key": KEY})
    assert ways["keys"].full(asked)["statusCode"] == 200
    ways["keys"].check(asked)


@pytest.mark.parametrize("space", ["\xa0", "\x85", "\u2003", "\u3000", "\u2028"])
@pytest.mark.parametrize(
    "header",
    [
        {"content-type": "application/json{}", "x-api-key": KEY},
        {"accept": "{}application/json", "x-api-key": KEY},
        {"accept": "application/json{}, text/event-stream", "x-api-key": KEY},
        {"authorization": "Bearer " + KEY + "{}"},
        {"authorization": "Bearer {}" + KEY},
        {"x-api-key": KEY + "{}"},
    ],
)
def test_a_space_that_is_not_http_is_part_of_a_header(
    ways: Any, header: dict[str, str], space: str
) -> None:
    """https://www.rfc-editor.org/rfc/rfc9110#section-5.6.3."""
    headers = {name: value.format(space) for name, value in header.items()}
    asked = event("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers)
    assert ways["keys"].full(asked)["statusCode"] in {401, 406, 415}
    ways["keys"].check(asked)


def test_cookies_beyond_latin_1_are_no_error(ways: Any) -> None:
    headers = {"x-api-key": KEY, "cookie": "given=1", "user-agent": "ünï\u2003code"}
    asked = event("POST", "/rpc", {"method": "ping"}, headers) | {"cookies": ["a=\u2003é", "b=1"]}
    assert ways["keys"].full(asked)["statusCode"] == 200
    ways["keys"].check(asked)


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
def test_a_byte_order_mark_is_no_error(ways: Any, path: str) -> None:
    headers = {"content-type": "application/json", "accept": "application/json", "x-api-key": KEY}
    marked = event("POST", path, "\ufeff" + PING, headers)
    assert ways["keys"].full(marked)["statusCode"] == 200
    assert ways["keys"].check(marked)
    encoded = marked | {
        "body": base64.b64encode(marked["body"].encode()).decode(),
        "isBase64Encoded": True,
    }
    assert ways["keys"].full(encoded) == ways["keys"].full(marked)


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_json_is_utf_8_on_every_route(ways: Any, path: str, encoding: str) -> None:
    body = base64.b64encode(PING.replace("ping", "pïng").encode(encoding)).decode()
    headers = {"content-type": "application/json", "x-api-key": KEY}
    asked = event("POST", path, headers=headers) | {"body": body, "isBase64Encoded": True}
    reply = ways["keys"].full(asked)
    assert (reply["statusCode"], json.loads(reply["body"])["error"]["code"]) == (400, -32700)


@pytest.mark.parametrize("path", ["/mcp", "/rpc"])
@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_refused_with_the_reason(ways: Any, path: str, coding: str) -> None:
    headers = {"content-type": "application/json", "content-encoding": coding, "x-api-key": KEY}
    body = base64.b64encode(gzip.compress(PING.encode())).decode()
    asked = event("POST", path, headers=headers) | {"body": body, "isBase64Encoded": True}
    reply = ways["keys"].full(asked)
    assert reply["statusCode"] == 415
    assert "Content-Encoding" in json.loads(reply["body"])["error"]["message"]
    assert reply["headers"]["accept-encoding"] == "identity"


@pytest.mark.parametrize("accept", ["application/json", "application/json, text/event-stream"])
@pytest.mark.parametrize("version", [None, "2025-11-25", "2026-07-28"])
@pytest.mark.parametrize("request_id", [None, True, 1.5, [], {}])
def test_an_id_of_another_type_is_an_error(
    ways: Any, accept: str, version: str | None, request_id: Any
) -> None:
    headers = {"content-type": "application/json", "accept": accept, "x-api-key": KEY}
    headers |= {"mcp-protocol-version": version, "mcp-method": "ping"} if version else {}
    message = {"jsonrpc": "2.0", "id": request_id, "method": "ping"}
    asked = event("POST", "/mcp", json.dumps(message), headers)
    reply = ways["keys"].full(asked)
    assert reply["statusCode"] == 400, reply
    assert json.loads(reply["body"])["error"]["message"]
    ways["keys"].check(asked)
