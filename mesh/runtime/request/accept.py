"""What a client's Accept header asks for.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
"""

from __future__ import annotations

# What all clients send.
BOTH = "application/json, text/event-stream"
# What keeps a silent stream open, as the SDK's transports do.
PING = b": ping\r\n\r\n"
PING_SECONDS = 15.0


def accepts_json_only(accept: str | None) -> bool:
    """Whether this Accept header is answered with plain JSON."""
    if not accept or not accept.strip():
        return True
    types = {part.split(";")[0].strip().lower() for part in accept.split(",")}
    if types & {"text/event-stream", "text/*"}:
        return False
    return bool(types & {"application/json", "application/*", "*/*"})
