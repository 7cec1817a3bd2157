"""A page in a real browser reaches nothing of local AWS but the Function URLs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import boto3
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from mesh.local_aws.process import Running

# Each way in which a page sends a request without asking first. A form and an image go out by
# themselves; `fetch` with such a body needs no preflight.
PAGE = """<!doctype html><title>any site</title><iframe name="sent"></iframe>
<form id="form" method="post" target="sent" enctype="text/plain"></form>
<script>
const settled = [];
const note = name => () => settled.push(name);
function attack(endpoint, wanted) {
  const functions = endpoint + "/2015-03-31/functions";
  const sent = {method: "POST", body: wanted, headers: {"content-type": "text/plain"}};
  fetch(functions, {...sent, mode: "no-cors"}).then(note("no-cors"), note("no-cors"));
  fetch(functions, sent).then(note("cors: read"), note("cors"));
  fetch(functions, {...sent, headers: {"content-type": "application/json"}})
    .then(note("preflight: read"), note("preflight"));
  navigator.sendBeacon(functions, wanted);
  const image = new Image();
  image.onload = image.onerror = note("image");
  image.src = endpoint + "/?Action=CreateUser&UserName=of-a-page&Version=2010-05-08";
  const socket = new WebSocket(
    endpoint.replace("http", "ws").replace("127.0.0.1", "iot.us-east-1.localhost") + "/mqtt",
    "mqtt");
  socket.onopen = note("socket: open");
  socket.onerror = note("socket");
  const form = document.getElementById("form");
  document.querySelector("iframe").onload = note("form");
  form.action = endpoint + "/?Action=CreateUser&UserName=of-a-form&Version=2010-05-08";
  form.submit();
}
</script>"""
SETTLED = ["cors", "form", "image", "no-cors", "preflight", "socket"]


class _Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = PAGE.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    """Address of a site that has nothing to do with local AWS."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_page_makes_nothing_in_local_aws(site: str, browser: Browser, aws: Running) -> None:
    wanted = {
        "FunctionName": "of-a-page",
        "Runtime": "python3.13",
        "Handler": "handler.handler",
        "Role": "arn:aws:iam::000000000000:role/any",
        "Code": {"ZipFile": ""},
    }
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site)
    page.evaluate(
        "([endpoint, wanted]) => attack(endpoint, wanted)", [aws.endpoint, json.dumps(wanted)]
    )
    page.wait_for_function(f"settled.length >= {len(SETTLED)}")
    assert page.evaluate("settled.sort()") == SETTLED
    page.context.close()
    assert len([one for one in asked if one.startswith(aws.endpoint)]) >= len(SETTLED) - 1
    assert boto3.client("lambda").list_functions()["Functions"] == []
    assert boto3.client("iam").list_users()["Users"] == []
