"""The page as a person meets it: in a browser, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, ViewportSize, expect

from mesh.runtime import clients
from mesh.runtime.clients import Snippet
from tests.acceptance.page.test_page import shown

# The narrowest that must do, https://www.w3.org/WAI/WCAG22/Understanding/reflow, and a desktop's.
NARROW, WIDE = 320, 1100

OPEN_ALL = "for (const folded of document.querySelectorAll('details')) folded.open = true"
# The console's own words about a policy come late or not at all; the page's event does not.
RECORD_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", event =>
  violations.push(event.effectiveDirective + " " + event.blockedURI));
"""

# The lowest contrast of visible text with what is behind it, and where.
# https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
CONTRAST = """(() => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = channels(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
      if (colour[3] > 0) throw Error("half transparent: " + at.outerHTML.slice(0, 80));
    }
    throw Error("nothing behind");
  };
  let lowest = [99, ""];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < lowest[0]) lowest = [contrast, texts.currentNode.data.trim().slice(0, 60)];
  }
  return lowest;
})()"""


def snippets(url: str) -> dict[str, str]:
    """What the page offers to copy, by the ids of its elements."""
    connection = shown(url)
    return {
        f"{client.slug}-api_key-{number}": step.text
        for client in clients.ALL
        if client.slug != "iam-proxy"
        for number, step in enumerate(client.setup(connection).steps)
        if isinstance(step, Snippet)
    }


# Chromium without a window does not grant them everywhere.
CLIPBOARD = ["clipboard-read", "clipboard-write"]

type Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens an address in a profile of its own, with Playwright's options of a context."""
    with ExitStack() as stack:

        def opened(address: str, *, width: int = WIDE, **options: Any) -> Page:
            viewport: ViewportSize = {"width": width, "height": 800}
            page = stack.enter_context(
                browser.new_page(viewport=viewport, permissions=CLIPBOARD, **options)
            )
            page.goto(address)
            return page

        yield opened


def pick(page: Page, slug: str) -> None:
    """Choose a client."""
    page.locator(f"label[for=pick-{slug}]").click()


def panels(page: Page) -> Locator:
    """What is shown of the clients' panels."""
    return page.locator(".panel:visible")


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [("api_key", "dark"), *((auth, "light") for auth in ("oauth", "both", "iam", "none"))],
)
def test_the_browser_has_nothing_to_complain_about(browser, serve, auth, scheme):
    address = serve(MESH_AUTH=auth)
    asked: list[str] = []
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            complaints.append(message.text)

    with browser.new_page(color_scheme=scheme, permissions=CLIPBOARD) as page:
        page.add_init_script(RECORD_VIOLATIONS)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.evaluate(OPEN_ALL)
        page.locator("button.copy").first.click()
        expect(page.locator("#said")).to_have_text("Copied")
        assert page.evaluate("violations") == []
    assert complaints == []
    assert [one for one in asked if not one.startswith("data:")] == [address]


@pytest.mark.promise("the page has a snippet for each client")
def test_every_copy_button_copies_its_snippet_exactly(opened, url):
    page = opened(url)
    buttons = page.locator("button.copy")
    wanted = {"address": f"{url}mcp", **snippets(url)}
    assert set(buttons.evaluate_all("all => all.map(one => one.dataset.copy)")) == set(wanted)
    for element, text in wanted.items():
        if element != "address":
            pick(page, element.partition("-api_key-")[0])
        button = page.locator(f"[data-copy='{element}']")
        button.click()
        expect(button).to_contain_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_a_refused_clipboard_leaves_the_text_selected(opened, url):
    page = opened(url)
    page.evaluate("() => { Clipboard.prototype.writeText = () => Promise.reject(Error('no')) }")
    page.locator("[data-copy='address']").click()
    expect(page.locator("#said")).to_have_text("Selected")
    assert page.evaluate("getSelection().toString()") == f"{url}mcp"


@pytest.mark.parametrize("auth", ["both", "iam"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_nothing_reaches_over_the_side(opened, serve, width, auth):
    page = opened(serve(MESH_AUTH=auth), width=width)
    page.evaluate(OPEN_ALL)
    for client in clients.ALL:
        if client.slug == "iam-proxy" and auth != "iam":
            continue
        pick(page, client.slug)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, client.title


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(opened, url, scheme):
    page = opened(url, color_scheme=scheme)
    page.evaluate(OPEN_ALL)
    for client in clients.ALL:
        if client.slug != "iam-proxy":
            pick(page, client.slug)
            contrast, where = page.evaluate(CONTRAST)
            assert contrast >= 4.5, f"{where}: {contrast:.2f}"


def test_the_page_is_dark_for_those_who_like_it_dark(opened, url):
    red = "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"
    light, dark = (
        int(opened(url, color_scheme=scheme).evaluate(red)) for scheme in ("light", "dark")
    )
    assert dark < 40
    assert light > 215


def test_one_client_is_shown_and_the_keyboard_chooses_another(opened, url):
    page = opened(url)
    expect(panels(page)).to_have_id("claude-code")
    page.locator("#pick-claude-code").press("ArrowRight")
    expect(panels(page)).to_have_id("claude-desktop")
    expect(page).to_have_url(f"{url}#claude-desktop")


def test_a_tool_unfolds_by_the_keyboard(opened, url):
    tool = opened(url).locator("#tool-search_knowledge")
    tool.locator("> summary").press("Enter")
    expect(tool).to_have_attribute("open", "")
    expect(tool).to_contain_text("max_results", use_inner_text=True)


def test_an_address_can_name_the_client(opened, url):
    expect(panels(opened(f"{url}#cursor"))).to_have_id("cursor")


def test_it_works_without_javascript(opened, url):
    page = opened(url, java_script_enabled=False)
    expect(page.locator("button.copy:visible")).to_have_count(0)
    pick(page, "vs-code")
    expect(panels(page)).to_have_id("vs-code")


def test_what_can_be_used_has_a_name(opened, url):
    """For screen readers: every control and region is named, and headings do not jump."""
    page = opened(url)
    # What Chromium hands to screen readers; Playwright's own roles are its own reading of the page.
    found = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    nodes = [
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in found
        if not node["ignored"]
    ]
    used = {"button", "link", "radio", "radiogroup", "region"}
    assert [role for role, name in nodes if role in used and not name] == []
    roles = [role for role, _ in nodes]
    assert roles.count("main") == roles.count("status") == 1
    assert ("group", "Your client") in nodes
    assert roles.count("radio") == len(clients.ALL) - 1
    levels = page.locator("h1,h2,h3,h4").evaluate_all("all => all.map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    names = page.locator("button.copy").all_inner_texts()
    assert all(name.startswith(("Copy ", "Copy\n")) for name in names), names
