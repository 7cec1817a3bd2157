"""The page's test of the connection: a visitor's own key, tried from the browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastmcp import FastMCP
from playwright.sync_api import Browser, Page, expect

from mcp_app.settings import load
from mesh.runtime.access.api_keys import KeyRing, digest
from mesh.runtime.http.app import build_app
from tests.fixtures.tested_servers import KEY, served

PURPOSE = "Counts & weighs <b>parcels</b>."
SHORT = 'getComputedStyle(document.getElementById("key")).webkitTextSecurity'


def parcels() -> FastMCP:
    """A server with two tools on two pages of its list."""
    server: FastMCP = FastMCP("Parcels", f"{PURPOSE} Ask it before you send one.", list_page_size=1)

    @server.tool
    def count() -> int:
        return 1

    @server.tool
    def weigh() -> float:
        return 1.5

    return server


@pytest.fixture(scope="module")
def keyed() -> Iterator[str]:
    """It, closed by a key that may be used five times a minute."""
    settings = load({"MESH_API_KEYS_PARAMETER": "/p", "MESH_NAME": "parcels-test"})
    entry = {"name": "visitor", "sha256": digest(KEY), "last4": KEY[-4:], "created": "2026"}
    ring = KeyRing(
        lambda: json.dumps({"keys": [entry | {"rate_per_minute": 5}]}),
        source="a test",
        ttl_seconds=60,
    )
    with served(build_app(parcels(), settings, ring)) as url:
        yield url


@pytest.fixture
def page(browser: Browser, keyed: str) -> Iterator[Page]:
    """The server's page."""
    with browser.new_page() as opened:
        opened.goto(keyed)
        yield opened


def tried(page: Page, key: str) -> str:
    """What the page says after a test with this key."""
    page.locator("#key").fill(key)
    page.locator("#try").click()
    said = page.locator("#outcome")
    expect(said).to_contain_text(".")
    expect(page.locator("#try")).to_be_enabled()
    return said.inner_text()


def test_it_says_what_the_server_is_called_and_what_it_is_for(page):
    assert page.locator("h1").inner_text() == "Parcels"
    assert page.locator(".purpose").inner_text() == PURPOSE


def test_a_key_is_tried_without_leaving_a_trace(page, tmp_path: Path):
    assert tried(page, f"mesh_{'x' * 43}").startswith("Not connected. The API key is not valid")
    assert tried(page, "") == (
        "Not connected. An API key is needed: send `Authorization: Bearer <key>` or "
        "`x-api-key: <key>`."
    )
    assert "no special letters" in tried(page, "mesh_é")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.headers.get("authorization", "")))
    assert tried(page, f"  {KEY} ") == "Connected to Parcels: 2 tools."
    assert sent == [f"Bearer {KEY}"] * 3
    # Nobody who looks over the shoulder reads it, and nothing keeps it.
    assert page.evaluate(SHORT) == "disc"
    kept = page.evaluate(
        "[document.cookie, location.href, ...Object.values(localStorage),"
        " ...Object.values(sessionStorage)].join()"
    )
    assert KEY not in kept + json.dumps(page.context.storage_state())
    assert "Too many calls. Try again in" in tried(page, KEY)
    page.reload()
    assert page.locator("#key").input_value() == ""
    page.locator("#key").fill(KEY)
    page.goto("about:blank")
    page.go_back()
    assert page.locator("#key").input_value() == ""


def test_a_server_that_does_not_answer_is_told_in_words(page):
    page.context.set_offline(True)
    assert tried(page, KEY).startswith("Not connected. The server did not answer.")


def test_what_fits_the_way_in_is_offered(browser, serve):
    with browser.new_page() as page:
        page.goto(serve(MESH_AUTH="none"))
        expect(page.locator("#key")).to_have_count(0)
        page.locator("#try").click()
        expect(page.locator("#outcome")).to_contain_text("Connected to aoma-mesh: ")
        page.goto(serve(MESH_AUTH="both", MESH_OAUTH_SCOPES="mcp.use"))
        expect(page.locator("label[for=key]")).to_have_text("Your API key or access token")
        said = page.locator("main").inner_text()
        assert "https://id.example.com" in said
        assert "It asks for mcp.use." in said
        page.goto(serve(MESH_AUTH="iam"))
        expect(page.locator("#try")).to_have_count(0)
    with browser.new_page(java_script_enabled=False) as page:
        page.goto(serve())
        expect(page.locator("#test")).to_be_hidden()
