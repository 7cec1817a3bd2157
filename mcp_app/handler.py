"""The Lambda entry point of buffered answers, `mcp_app.handler.handler`.

INIT happens on import, once for each instance: settings, server, one event loop, one
lifespan. Then each event goes through Mangum into the ASGI application. `mcp_app.streaming`
is the entry point of streamed answers.
"""

from __future__ import annotations

from typing import Any

from mcp_app import snapshot
from mcp_app.initialization import initialize

_instance = initialize()
snapshot.register()


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one Function URL event (payload format 2.0).

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    return _instance.answer(event, context)
