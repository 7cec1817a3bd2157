"""`resources/list`: what FastMCP said that is registered, and documents as the backend has them."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcp_app.fast_path.failures import LeftToFastMcpError
from mcp_app.fast_path.replies import dumps

# Documents on a page, and what a cursor into them begins with: as `mcp_app.resource_handlers`.
PAGE = 100
MARK = "documents."
CURSOR = "mesh-cursor-c7f9b1"
# What stands as it is in an address: https://datatracker.ietf.org/doc/html/rfc3986#section-2.3
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")


def listed(
    frozen: Mapping[str, Any] | None,
    params: Mapping[str, Any],
    read: Callable[[str | None], Sequence[Any] | None],
) -> str:
    """The `result` of a list, in JSON.

    Args:
        frozen: What `ops.bundle.frozen_resources` made; None for nothing.
        params: The request's.
        read: Gives the documents after an id, one more than a page at most.

    Raises:
        Exception: FastMCP has to answer.
    """
    if frozen is None or not params.keys() <= {"cursor"}:
        raise LeftToFastMcpError
    if frozen["document"] is None:
        if params:
            raise LeftToFastMcpError
        before, after = frozen["last"]
        return f"{before}{','.join(frozen['registered'])}{after}"
    last = _after(params["cursor"]) if params else None
    found = read(last) or ()
    shown = [] if params else [*frozen["registered"]]
    shown += [_document(frozen["document"], one) for one in found[:PAGE]]
    before, after = frozen["more" if len(found) > PAGE else "last"]
    if len(found) > PAGE:
        before = before.replace(CURSOR, _cursor(found[PAGE - 1].id))
    return f"{before}{','.join(shown)}{after}"


def _document(pieces: Sequence[str], entry: Any) -> str:
    """One of them, in JSON; its id stands in its address, too."""
    values = {name: dumps(getattr(entry, name))[1:-1] for name in ("id", "title", "corpus")}
    written = []
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            written.append(piece)
        elif written[-1].endswith("/"):
            written.append(_quoted(entry.id))
        else:
            written.append(values[piece])
    return "".join(written)


def _quoted(document: str) -> str:
    """As `urllib.parse.quote` does it, whose module a cold start would pay for."""
    return "".join(chr(one) if one in UNRESERVED else f"%{one:02X}" for one in document.encode())


def _cursor(document: str) -> str:
    encoded = b2a_base64(document.encode(), newline=False).decode()
    return MARK + encoded.replace("+", "-").replace("/", "_")


def _after(cursor: Any) -> str:
    if type(cursor) is not str or not cursor.startswith(MARK):
        raise LeftToFastMcpError
    given = cursor.removeprefix(MARK)
    after = a2b_base64(given.replace("-", "+").replace("_", "/"), strict_mode=True).decode()
    if _cursor(after) != cursor:
        # Not one that was given; FastMCP says so.
        raise LeftToFastMcpError
    return after
