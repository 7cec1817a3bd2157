"""A web page that calls an MCP server, served from an origin of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests import node
from tests.page.chromium import Browser, Page

PROGRAMS = Path(__file__).with_name("programs")


class _Files(SimpleHTTPRequestHandler):
    """The page at `/`, our programs below `/programs/`, npm's packages below their names."""

    def translate_path(self, path: str) -> str:
        if path == "/":
            return str(PROGRAMS / "page.html")
        if path.startswith("/programs/"):
            return str(PROGRAMS / path.rpartition("/")[2])
        self.directory = str(node.MODULES)
        return super().translate_path(path)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's
        """Say nothing."""


@contextmanager
def served_page() -> Iterator[str]:
    """Serve the page on loopback, and give its origin."""
    # The packages are there once this has run.
    node.node()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened_page(browser: Browser, origin: str) -> Iterator[WebPage]:
    """Open the page of an origin in a tab of its own."""
    with browser.page(f"{origin}/") as page:
        page.until("window.ready")
        yield WebPage(page)


class WebPage:
    """What the page does when a person uses it.

    Args:
        page: its tab.
    """

    def __init__(self, page: Page) -> None:
        self._page = page

    def session(self, url: str, headers: dict[str, str], mode: str) -> dict[str, Any]:
        """What a session of the official TypeScript client saw.

        Args:
            url: of the MCP endpoint.
            headers: that each request carries.
            mode: `auto` for the newest protocol, `legacy` for those with `initialize`.
        """
        seen: dict[str, Any] = self._call("session", url, headers, mode)
        return seen

    def ask(self, url: str, **options: Any) -> dict[str, Any]:
        """What the page learns of the answer to one `fetch`; `error` where it may learn nothing."""
        answer: dict[str, Any] = self._call("ask", url, options)
        return answer

    def _call(self, function: str, *arguments: Any) -> Any:
        given = ", ".join(json.dumps(argument) for argument in arguments)
        return self._page.evaluate(f"{function}({given})")
