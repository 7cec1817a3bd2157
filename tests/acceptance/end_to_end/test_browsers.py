"""Web pages in a real browser call the deployed server: those of allowed origins, and others."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Error
from pytest_terraform import terraform

from mesh.credentials import api_keys
from mesh.credentials.api_keys import Limits
from mesh.runtime.access.api_keys import generate
from mesh.stack import local_aws_client
from tests.fixtures.clients.real_clients import check
from tests.fixtures.clients.web_page import WebPage, opened_page, served_page

MODES = {"auto": "2026-07-28", "legacy": "2025-11-25"}
REFUSED = {"error": "TypeError"}
PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"})
# A page that sends a message without asking first, as a form does.
BLIND = {"method": "POST", "mode": "no-cors", "headers": {"content-type": "text/plain"}}


@pytest.fixture
def origins(deployable, monkeypatch):
    """Two pages, of which Terraform is told the first."""
    with served_page() as allowed, served_page() as other:
        monkeypatch.setenv("TF_VAR_allowed_origins", json.dumps([allowed]))
        yield allowed, other


def preflights(aws: Any) -> list[dict[str, Any]]:
    """The requests with OPTIONS that local AWS remembers; with a version where it invoked one."""
    status = httpx.get(f"{aws.endpoint}/_local_aws/status", timeout=30).json()
    return [line for line in status["requests"] if line["method"] == "OPTIONS"]


def try_every_error(page: WebPage, url: str, key: str, limited: str) -> None:
    """A page of an allowed origin can read what was wrong, whatever it is."""
    bearer = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    post = {"method": "POST", "headers": bearer}
    errors = {
        401: page.ask(f"{url}mcp", method="POST", body=PING),
        404: page.ask(f"{url}nowhere", headers=bearer),
        405: page.ask(f"{url}mcp", headers=bearer),
        400: page.ask(f"{url}mcp", **post, body="["),
        413: page.ask(f"{url}rpc", **post, body="x" * 5_000_000),
        429: page.ask(
            f"{url}rpc",
            method="POST",
            headers={"x-api-key": limited, "content-type": "application/json"},
            body=f"[{PING}, {PING}]",
        ),
    }
    for status, answer in errors.items():
        assert answer.get("status") == status, answer
        assert json.loads(answer["text"])["error"]["message"]
        assert answer["headers"]["x-amzn-requestid"]
    assert errors[401]["headers"]["x-amzn-remapped-www-authenticate"].startswith("Bearer")
    assert errors[405]["headers"]["allow"] == "POST"
    assert int(errors[429]["headers"]["retry-after"]) > 0
    # Ending a session, which there is none of, is asked with a method that browsers ask first.
    assert page.ask(f"{url}mcp", method="DELETE", headers=bearer)["status"] == 405
    # Lambda's own answer: the event would be too long for it.
    assert page.ask(f"{url}rpc", **post, body="x" * 6_300_000)["status"] == 413


def refuse_other_page(page: WebPage, url: str, key: str) -> None:
    """A page of another origin learns nothing and does nothing, whatever it sends."""
    bearer = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    for path in ("", "health", "ready", "mcp", "rpc", "nowhere"):
        assert page.ask(url + path) == REFUSED
        assert page.ask(url + path, method="POST", headers=bearer, body=PING) == REFUSED
    with pytest.raises(Error, match="Failed to fetch"):
        page.session(f"{url}mcp", bearer, "legacy")
    # A form's request is sent without asking; the server refuses it, and the page sees no answer.
    blind = page.ask(f"{url}rpc", **BLIND, body=PING)
    assert (blind["type"], blind["status"], blind["text"]) == ("opaque", 0, "")


def refuse_other_origin(url: str, key: str, origin: str) -> None:
    """What a browser would be sent: a refusal, without a word of CORS."""
    for method in ("GET", "POST", "OPTIONS"):
        for path in ("", "health", "ready", "mcp", "rpc", "nowhere"):
            sent = {"origin": origin, "authorization": f"Bearer {key}"}
            answer = httpx.request(method, url + path, headers=sent, timeout=60)
            assert answer.status_code == httpx.codes.FORBIDDEN
            assert not [name for name in answer.headers if name.startswith("access-control-")]


@terraform("terraform///", name="for_browsers")
def test_pages_of_allowed_origins_and_no_others(aws, origins, for_browsers, make_key, chromium):
    outputs = {name: output["value"] for name, output in for_browsers.outputs.items()}
    url, candidate = outputs["function_url"], outputs["candidate_url"]
    allowed, other = origins
    key, limited = make_key(outputs["api_keys_parameter"]), generate()
    parameter = api_keys.Parameter(
        local_aws_client.ssm(aws.environment), outputs["api_keys_parameter"]
    )
    api_keys.store(parameter, "limited", limited, limits=Limits(rate_per_minute=1))
    bearer = {"authorization": f"Bearer {key}"}
    assert httpx.get(f"{url}health", timeout=60).status_code == httpx.codes.OK

    with chromium() as browser:
        page = opened_page(browser, allowed)
        for mode, protocol in MODES.items():
            seen = page.session(f"{url}mcp", bearer, mode)
            check(seen)
            assert seen["protocol"] == protocol
        by_key = {"x-api-key": key, "content-type": "application/json"}
        answer = page.ask(f"{url}rpc", method="POST", headers=by_key, body=PING)
        assert answer["status"] == httpx.codes.OK
        try_every_error(page, url, key, limited)
        # The candidate wants a signature, and of a preflight none: the page reads that refusal.
        unsigned = page.ask(f"{candidate}mcp", method="POST", headers=bearer, body=PING)
        assert unsigned["status"] == httpx.codes.FORBIDDEN
        assert unsigned["headers"]["x-amzn-errortype"] == "AccessDeniedException"

    asked = preflights(aws)
    assert asked
    assert {line["version"] for line in asked} == {None}, "a preflight was an invocation"

    with chromium() as browser:
        refuse_other_page(opened_page(browser, other), url, key)
    for origin in (
        other,
        "null",
        "https://evil.example",
        allowed.replace("127.0.0.1", "localhost"),
    ):
        refuse_other_origin(url, key, origin)
