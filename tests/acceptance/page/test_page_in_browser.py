"""The page as a person meets it: in a browser, by mouse and by keyboard, wide and narrow."""

from __future__ import annotations

import itertools

import pytest

from mesh.runtime import clients
from mesh.runtime.clients import Snippet
from tests.acceptance.page.test_page import shown

# The narrowest that must do, https://www.w3.org/WAI/WCAG22/Understanding/reflow, and a desktop's.
NARROW, WIDE = 320, 1100
RIGHT, ENTER = ("ArrowRight", 39), ("Enter", 13, "\r")

OPEN_ALL = "for (const folded of document.querySelectorAll('details')) folded.open = true"
PICK = "document.getElementById('pick-{}').click()"
SHOWN = "[...document.querySelectorAll('.panel')].filter(p => p.checkVisibility()).map(p => p.id)"

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


@pytest.mark.parametrize(
    ("auth", "scheme"),
    [("api_key", "dark"), *((auth, "light") for auth in ("oauth", "both", "iam", "none"))],
)
def test_the_browser_has_nothing_to_complain_about(browser, serve, auth, scheme):
    address = serve(MESH_AUTH=auth)
    with browser.page(address, scheme=scheme) as page:
        page.evaluate(OPEN_ALL)
        page.click("button.copy")
        page.until("document.getElementById('said').textContent === 'Copied'")
        assert page.complaints == []
        assert page.evaluate("violations") == []
        asked = [one for one in page.requested if not one.startswith("data:")]
        assert asked == [address], "something was loaded from outside"


@pytest.mark.promise("the page has a snippet for each client")
def test_every_copy_button_copies_its_snippet_exactly(browser, url):
    with browser.page(url) as page:
        buttons = page.evaluate(
            "[...document.querySelectorAll('button.copy')].map(one => one.dataset.copy)"
        )
        wanted = {"address": f"{url}mcp", **snippets(url)}
        assert set(buttons) == set(wanted)
        for element, text in wanted.items():
            if element != "address":
                slug = element.partition("-api_key-")[0]
                page.evaluate(PICK.format(slug))
            page.evaluate("navigator.clipboard.writeText('nothing')")
            page.click(f"[data-copy='{element}']")
            page.until("navigator.clipboard.readText().then(text => text !== 'nothing')")
            assert page.evaluate("navigator.clipboard.readText()") == text


def test_a_refused_clipboard_leaves_the_text_selected(browser, url):
    with browser.page(url) as page:
        page.evaluate("Clipboard.prototype.writeText = () => Promise.reject(Error('refused'))")
        page.click("[data-copy='address']")
        page.until("document.getElementById('said').textContent === 'Selected'")
        assert page.evaluate("getSelection().toString()") == f"{url}mcp"


@pytest.mark.parametrize("auth", ["both", "iam"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_nothing_reaches_over_the_side(browser, serve, width, auth):
    with browser.page(serve(MESH_AUTH=auth), width=width) as page:
        page.evaluate(OPEN_ALL)
        for client in clients.ALL:
            if client.slug == "iam-proxy" and auth != "iam":
                continue
            page.evaluate(PICK.format(client.slug))
            assert page.evaluate("document.documentElement.scrollWidth") <= width, client.title


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(browser, url, scheme):
    with browser.page(url, scheme=scheme) as page:
        page.evaluate(OPEN_ALL)
        for client in clients.ALL:
            if client.slug != "iam-proxy":
                page.evaluate(PICK.format(client.slug))
                contrast, where = page.evaluate(CONTRAST)
                assert contrast >= 4.5, f"{where}: {contrast:.2f}"


def test_the_page_is_dark_for_those_who_like_it_dark(browser, url):
    colours = {}
    for scheme in ("light", "dark"):
        with browser.page(url, scheme=scheme) as page:
            red = "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"
            colours[scheme] = int(page.evaluate(red))
    assert colours["dark"] < 40
    assert colours["light"] > 215


def test_one_client_is_shown_and_the_keyboard_chooses_another(browser, url):
    with browser.page(url) as page:
        assert page.evaluate(SHOWN) == ["claude-code"]
        page.evaluate("document.getElementById('pick-claude-code').focus()")
        page.press(*RIGHT)
        page.until("location.hash === '#claude-desktop'")
        assert page.evaluate(SHOWN) == ["claude-desktop"]


def test_a_tool_unfolds_by_the_keyboard(browser, url):
    with browser.page(url) as page:
        page.evaluate("document.querySelector('#tool-search_knowledge > summary').focus()")
        page.press(*ENTER)
        page.until("document.querySelector('#tool-search_knowledge').open")
        assert "max_results" in page.evaluate(
            "document.querySelector('#tool-search_knowledge').innerText"
        )


def test_an_address_can_name_the_client(browser, url):
    with browser.page(f"{url}#cursor") as page:
        assert page.evaluate(SHOWN) == ["cursor"]


def test_it_works_without_javascript(browser, url):
    with browser.page(url, scripts=False) as page:
        assert page.evaluate("document.querySelectorAll('button.copy:not([hidden])').length") == 0
        page.click("label[for=pick-vs-code]")
        page.until(f"{SHOWN}.join() === 'vs-code'")


def test_what_can_be_used_has_a_name(browser, url):
    """For screen readers: every control and region is named, and headings do not jump."""
    with browser.page(url) as page:
        nodes = page.send("Accessibility.getFullAXTree")["nodes"]
        used = {"button", "link", "radio", "radiogroup", "region"}
        nameless = [
            node["role"]["value"]
            for node in nodes
            if not node["ignored"]
            and node["role"]["value"] in used
            and not node.get("name", {}).get("value")
        ]
        roles = [node["role"]["value"] for node in nodes if not node["ignored"]]
        assert nameless == []
        assert roles.count("main") == roles.count("status") == 1
        groups = [node["name"]["value"] for node in nodes if node["role"]["value"] == "group"]
        assert "Your client" in groups
        assert roles.count("radio") == len(clients.ALL) - 1
        levels = page.evaluate(
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])"
        )
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        names = page.evaluate("[...document.querySelectorAll('button.copy')].map(b => b.innerText)")
        assert all(name.startswith(("Copy ", "Copy\n")) for name in names), names
