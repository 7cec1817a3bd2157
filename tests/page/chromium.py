"""A headless Chromium, driven over its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

DEADLINE_SECONDS = 30.0
# The console's own words about a policy come late or not at all; the page's event does not.
RECORD_VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", event =>
  violations.push(event.effectiveDirective + " " + event.blockedURI));
"""


class Page:
    """One tab.

    Attributes:
        complaints: errors of the console and exceptions, since it was opened.
        requested: addresses that it asked for.
    """

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session
        self.complaints: list[str] = []
        self.requested: list[str] = []

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.send(method, parameters, self._session)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; awaited when it is a promise."""
        answer = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        wait_for(lambda: self.evaluate(expression), f"{expression} to become true")

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key, by its name and its Windows key code."""
        what = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **what)
        self.send("Input.dispatchKeyEvent", type="keyUp", **what)

    def click(self, selector: str) -> None:
        """Click in the middle of an element, with the mouse."""
        x, y = self.evaluate(
            f"""(() => {{ const one = document.querySelector({json.dumps(selector)});
            one.scrollIntoView({{block: "center"}}); const box = one.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2]; }})()"""
        )
        where = {"x": x, "y": y, "button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mousePressed", **where)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", **where)

    def screenshot(self, file: Path) -> None:
        """Save the whole page as a PNG."""
        taken = self.send("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(taken["data"]))

    def hear(self, event: dict[str, Any]) -> None:
        what = event["params"]
        match event["method"]:
            case "Network.requestWillBeSent":
                self.requested.append(what["request"]["url"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(what["exceptionDetails"]))
            case "Log.entryAdded" if what["entry"]["level"] in {"error", "warning"}:
                self.complaints.append(what["entry"]["text"])
            case "Runtime.consoleAPICalled" if what["type"] in {"error", "warning", "assert"}:
                self.complaints.append(json.dumps(what["args"]))


class Browser:
    """A Chromium that listens.

    Args:
        connection: to its DevTools.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._next = 0
        self._pages: dict[str, Page] = {}

    def send(
        self, method: str, parameters: dict[str, Any], session: str | None = None
    ) -> dict[str, Any]:
        """What a command answers; events that come before are handed to their pages."""
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters}
        self._connection.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self._connection.recv(DEADLINE_SECONDS))
            if answer.get("id") == self._next:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result
            page = self._pages.get(answer.get("sessionId", ""))
            if page is not None:
                page.hear(answer)

    @contextmanager
    def page(
        self, address: str, *, width: int = 1100, scheme: str = "light", scripts: bool = True
    ) -> Iterator[Page]:
        """Open an address in a tab of its own, in a fresh profile.

        Args:
            address: where to.
            width: of the window, in CSS pixels.
            scheme: `light` or `dark`, what the person prefers.
            scripts: whether JavaScript is on.
        """
        context = self.send("Target.createBrowserContext", {})["browserContextId"]
        target = self.send(
            "Target.createTarget", {"url": "about:blank", "browserContextId": context}
        )["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Page(self, session["sessionId"])
        self._pages[session["sessionId"]] = page
        permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        self.send(
            "Browser.grantPermissions", {"permissions": permissions, "browserContextId": context}
        )
        for domain in ("Page", "Network", "Log", "Runtime", "Accessibility"):
            page.send(f"{domain}.enable")
        page.send("Page.addScriptToEvaluateOnNewDocument", source=RECORD_VIOLATIONS)
        page.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 500,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.send("Emulation.setEmulatedMedia", features=[feature])
        page.send("Emulation.setFocusEmulationEnabled", enabled=True)
        page.send("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.send("Page.navigate", url=address)
        page.until(
            f"location.href.startsWith({json.dumps(address.partition('#')[0])}) && "
            "document.readyState === 'complete'"
        )
        yield page
        self.send("Target.disposeBrowserContext", {"browserContextId": context})


@contextmanager
def launched(program: str, profile: Path, variables: Mapping[str, str]) -> Iterator[Browser]:
    """A browser with a profile of its own, ended on leaving.

    Args:
        program: its path.
        profile: an empty folder.
        variables: its environment.
    """
    with tempfile.TemporaryDirectory(prefix="mesh-") as scratch:
        yield from _running(program, profile, {**variables, "TMPDIR": scratch})


def _running(program: str, profile: Path, variables: Mapping[str, str]) -> Iterator[Browser]:
    # Root, and many build machines, may not have its sandbox; it opens one page, ours.
    process = subprocess.Popen(
        [
            *(program, "--headless=new", "--remote-debugging-port=0", "--no-first-run"),
            *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server"),
            *("--disable-background-networking", "--disable-component-update"),
            *(f"--user-data-dir={profile}", "about:blank"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**variables, "HOME": str(profile)},
    )

    def lines() -> list[str]:
        assert process.poll() is None, "Chromium ended at once"
        written = profile / "DevToolsActivePort"
        return written.read_text().splitlines() if written.is_file() else []

    try:
        wait_for(lambda: len(lines()) == 2, "Chromium to say its port")
        port, path = lines()
        address = f"ws://127.0.0.1:{port}{path}"
        with connect(address, max_size=None, proxy=None) as connection:
            yield Browser(connection)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(is_so: Callable[[], object], what: str) -> None:
    """Ask until something is so; fail when it is not in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, f"waited {DEADLINE_SECONDS:.0f} s for {what}"
        time.sleep(0.02)
