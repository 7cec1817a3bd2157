"""The body of a request, as far as the fast path reads it itself."""

from __future__ import annotations

from mesh.runtime.http.json_body import too_complex

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Twice what a call's arguments may hold: what is larger is refused, by FastMCP's way.
MAX_CHARACTERS = 256 * 1024


def read_text(event: Any) -> str | None:
    """The body's text; None where FastMCP has to read it.

    Args:
        event: One that `mesh.runtime.http.events.read_head` has read.
    """
    text: str = event.get("body") or ""
    if event.get("isBase64Encoded") or len(text) > MAX_CHARACTERS:
        return None
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return None
    return None if too_complex(encoded) else text.removeprefix("\ufeff")
