"""Icons for clients to show beside names: SVG within `data:` URIs, nothing fetched.

Each is a few strokes on a grid of 24, in one blue that can be seen on white and on black.
https://modelcontextprotocol.io/specification/2026-07-28/basic#icons
"""

from __future__ import annotations

import base64

from mcp_types import Icon

_STROKES = {
    # Nodes in a mesh.
    "server": "M12 5 5 18h14zM12 5v8M5 18l7-5 7 5",
    "documents": "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
    "tickets": "M4 8h16v3a2 2 0 0 0 0 4v3H4v-3a2 2 0 0 0 0-4zM14 8v10",
    "commits": "M3 12h6m6 0h6M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "code": "m8 7-5 5 5 5m8-10 5 5-5 5",
    "health": "M3 12h4l3-7 4 14 3-7h4",
    "prompt": "M4 5h16v11h-9l-5 4v-4H4z",
}


def _icon(strokes: str) -> Icon:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
        f'stroke="#3b82f6" stroke-width="2"><path d="{strokes}"/></svg>'
    )
    encoded = base64.b64encode(svg.encode()).decode()
    return Icon(
        src=f"data:image/svg+xml;base64,{encoded}", mime_type="image/svg+xml", sizes=["any"]
    )


_ICONS = {name: _icon(strokes) for name, strokes in _STROKES.items()}


def icons(source: str | tuple[str, ...] = "server") -> list[Icon]:
    """The icon of a source, of `server`, `health` or `prompt`; the server's for anything else.

    Args:
        source: a module's `SOURCE`; of several the first is shown.
    """
    name = source if isinstance(source, str) else next(iter(source), "server")
    return [_ICONS.get(name, _ICONS["server"])]
