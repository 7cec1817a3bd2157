"""What the SDK knows of a request while it is answered in its own task."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import anyio
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext
from mcp_types import JSONRPCNotification, ProgressToken, RequestId


@dataclass
class Exchange:
    """The SDK's `DispatchContext` of one request.

    Attributes:
        request_id: As the client sent it.
        message_metadata: The HTTP request.
        transport: Where it came by; nothing can be asked of the client there, for its reply
            would come to another instance.
        progress_token: What the client wants to be told of progress by.
        send_notification: Sends a notification before the result; None where there is no place
            for it, in plain JSON and after the result.
    """

    request_id: RequestId
    message_metadata: ServerMessageMetadata
    transport: TransportContext
    progress_token: ProgressToken | None
    send_notification: Callable[[JSONRPCNotification], Awaitable[None]] | None

    @property
    def can_send_request(self) -> bool:
        """Whether the client can be asked."""
        return False

    @cached_property
    def cancel_requested(self) -> anyio.Event:
        """Never set: what would say so is a request of its own."""
        return anyio.Event()

    async def send_raw_request(
        self,
        method: str,
        params: Mapping[str, Any] | None,  # noqa: ARG002 - the SDK's signature
        opts: CallOptions | None = None,  # noqa: ARG002 - as above
    ) -> dict[str, Any]:
        """Refuse to ask the client.

        Raises:
            NoBackChannelError: always.
        """
        raise NoBackChannelError(method)

    async def notify(
        self,
        method: str,
        params: Mapping[str, Any] | None,
        opts: CallOptions | None = None,  # noqa: ARG002 - the SDK's signature
    ) -> None:
        """Send a notification before the result."""
        if self.send_notification is None:
            return
        # No `"params": null`, which JSON-RPC forbids.
        given = {} if params is None else {"params": dict(params)}
        await self.send_notification(JSONRPCNotification(jsonrpc="2.0", method=method, **given))

    async def progress(
        self, progress: float, total: float | None = None, message: str | None = None
    ) -> None:
        """Tell how far it is, to a client that wants to know."""
        if self.progress_token is None:
            return
        params: dict[str, Any] = {"progressToken": self.progress_token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message is not None:
            params["message"] = message
        await self.notify("notifications/progress", params)
