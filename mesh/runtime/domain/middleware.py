"""A server behind its own domain: only what came through it passes, and is seen as it was sent.

CloudFront names the Function URL in Host, for Lambda finds it by that, and connects from its
own addresses. What stands behind this finds the domain in Host and the client's own address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import anyio.to_thread
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from mesh.runtime.access.access_control import iam_caller
from mesh.runtime.domain.origin_secret import (
    FORBIDDEN,
    HEADER,
    VIEWER_HEADER,
    OriginSecrets,
    refusal,
)
from mesh.runtime.request.errors import INTERNAL_ERROR, INVALID_REQUEST, failure


class Domain:
    """Refuses what did not come through the domain, /health and the page too.

    Args:
        app: What answers.
        url: The domain's address, with a slash at its end.
        secrets: What proves the way through it; None where it need not be proved.
    """

    def __init__(self, app: ASGIApp, *, url: str, secrets: OriginSecrets | None) -> None:
        self._app = app
        self._url = url
        self._secrets = secrets
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        # Signed for the Function URL: it came to the candidate, which has an address of its own.
        if scope["type"] != "http" or iam_caller(scope) is not None:
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        value, viewer = headers.get(HEADER), headers.get(VIEWER_HEADER)
        if self._secrets is not None:
            refused = await self._refusal(self._secrets, value)
            if refused is not None:
                status, message = refused
                code = INVALID_REQUEST if status == FORBIDDEN else INTERNAL_ERROR
                await failure(status, code, message)(scope, receive, send)
                return
            # Only with the proof is it CloudFront's word.
            if viewer:
                scope["client"] = (viewer, 0)
        # The secret is nobody's business behind this.
        for name in (HEADER, VIEWER_HEADER):
            del headers[name]
        headers["host"] = self._host
        scope["scheme"] = self._scheme
        scope["public_url"] = self._url
        await self._app(scope, receive, send)

    async def _refusal(self, secrets: OriginSecrets, value: str | None) -> tuple[int, str] | None:
        def check() -> tuple[int, str] | None:
            return refusal(secrets, value, signed=False, address=self._url)

        # A thread only for a read: it is one request to Systems Manager.
        if value is None or not secrets.blocks(value):
            return check()
        return await anyio.to_thread.run_sync(check)
