"""Which requests the listeners of this machine take: those of programs that run on it.

A page of any site can have a browser send requests to 127.0.0.1. Browsers mark them with `Origin`
(https://fetch.spec.whatwg.org/#origin-header) or, where they leave that out, with `Sec-Fetch-Site`
(https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header). A site can also have its
own name lead to 127.0.0.1 (DNS rebinding). Its requests then name that site in `Host`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Any]]
type Send = Callable[[Any], Awaitable[None]]
type App = Callable[[Any, Receive, Send], Awaitable[None]]

FORBIDDEN = 403
# AWS's SDKs find the error's class by the first.
REFUSAL_HEADERS = [
    ("x-amzn-errortype", "AccessDeniedException"),
    ("content-type", "application/json"),
]
# `localhost` and all names below it lead to this machine (RFC 6761, 6.3). A name that ends in
# 127.0.0.1 leads nowhere: MiniStack puts such names into the addresses that it hands out.
OWN_HOST = re.compile(
    rb"(?:(?:[a-z0-9_-]+\.)*(?:localhost|127\.0\.0\.1)|\[::1\]):([0-9]{1,5})", re.IGNORECASE
)
# Of a request that a person made themselves, with an address or a bookmark.
BY_A_PERSON = b"none"
CORS_PREFIX = b"access-control-"

_logger = logging.getLogger(__name__)


def refusal(headers: Iterable[tuple[bytes, bytes]], *, port: int, pages: bool) -> str | None:
    """Why a request is refused; None when it is taken.

    Args:
        headers: all of the request's; names in lower case.
        port: where it arrived.
        pages: whether requests of web pages are taken.
    """
    headers = list(headers)
    hosts = [value for name, value in headers if name == b"host"]
    named = OWN_HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
    if named is None or int(named[1]) != port:
        _logger.info("port %d refused a request for the host %r", port, hosts)
        return (
            f"This request names another host than this machine. Send it to 127.0.0.1:{port}, "
            f"[::1]:{port}, localhost:{port} or a name that ends in .localhost:{port}."
        )
    if pages:
        return None
    for name, value in headers:
        if name == b"origin" or (name == b"sec-fetch-site" and value != BY_A_PERSON):
            _logger.info("port %d refused a web page: %s %r", port, name.decode(), value)
            return (
                "This request comes from a web page. Only programs on this machine are answered "
                "here: send it from one, without the headers Origin and Sec-Fetch-Site."
            )
    return None


def programs_only(app: App, *, port: int) -> App:
    """An ASGI app for programs on this machine; `app` sees no other request and no body of one.

    Args:
        app: answers the requests that are taken; CORS headers of its answers are left out.
        port: where it is served.
    """

    async def admit(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await app(scope, receive, send)
            return
        refused = refusal(scope["headers"], port=port, pages=False)
        if refused is None:
            await app(scope, receive, _without_cors(send))
        elif scope["type"] == "websocket":
            # Before it was accepted: the server answers the handshake with 403.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
        else:
            body = refusal_body(refused)
            sent = [*REFUSAL_HEADERS, ("content-length", str(len(body)))]
            headers = [(name.encode(), value.encode()) for name, value in sent]
            await send({"type": "http.response.start", "status": FORBIDDEN, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return admit


def refusal_body(reason: str) -> bytes:
    """What a refused caller reads."""
    return json.dumps({"message": reason}).encode()


def _without_cors(send: Send) -> Send:
    async def forward(message: Message) -> None:
        if "headers" in message:
            kept = [
                (name, value)
                for name, value in message["headers"]
                if not bytes(name).lower().startswith(CORS_PREFIX)
            ]
            message = {**message, "headers": kept}
        await send(message)

    return forward
