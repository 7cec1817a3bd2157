"""Which web pages may have a browser call this server, by the `Origin` that it sends.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports#security-warning
"""

from __future__ import annotations

from collections.abc import Collection

REFUSED = "Web pages of this origin may not call the server; allowed_origins lists those that may."
USUAL_PORTS = {"http": ":80", "https": ":443"}


def own_origin(scheme: str, host: str) -> str:
    """The origin of the server's own pages, as browsers write it.

    Args:
        scheme: `http` or `https`.
        host: What the request names in `Host`.
    """
    return f"{scheme}://{host.lower().removesuffix(USUAL_PORTS.get(scheme, ''))}"


def may_call(origin: str, own: str, allowed: Collection[str]) -> bool:
    """Whether a page may call.

    Args:
        origin: Of the page, as the browser sent it.
        own: See `own_origin`.
        allowed: Other origins, as browsers send them.
    """
    return origin == own or origin in allowed
