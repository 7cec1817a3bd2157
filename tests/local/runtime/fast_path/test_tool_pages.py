"""More tools than fit on a page: each page is the one that FastMCP gives."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from mesh.runtime.access.api_keys import digest, generate
from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.requests import KINDS, asked

MORE = 230
FEW = ("tool_001", "tool_150", "search_knowledge")
HEAD = "from fastmcp.tools import tool\n\nfrom mcp_app.interface.annotations import READ_ONLY\n"
TOOL = """

@tool(annotations=READ_ONLY)
def {name}(text: str = "é") -> str:
    '''Give the text back, as “{name}” does.'''
    return text
"""


def cursor(offset: Any) -> str:
    """FastMCP's cursor of what follows so many tools."""
    return base64.urlsafe_b64encode(json.dumps({"o": offset}).encode()).decode()


def test_every_page_of_tools_is_the_same_by_both_ways(tmp_path: Path, index: Path) -> None:
    names = [f"tool_{number:03}" for number in range(MORE)]
    source = HEAD + "".join(TOOL.format(name=name) for name in names)
    root = project_with(tmp_path, source)
    built(root, tmp_path / "cache")
    keys = {"all": generate(), "few": generate(), "many": generate()}
    allowed = {"few": FEW, "many": names[:120]}
    stored = [
        {"name": name, "sha256": digest(key), "last4": key[-4:], "created": "2026-01-01"}
        | ({"tools": list(allowed[name])} if name in allowed else {})
        for name, key in keys.items()
    ]
    wanted: list[dict[str, Any]] = [
        *({}, {"cursor": cursor(100)}, {"cursor": cursor(200)}),
        *({"cursor": cursor(300)}, {"cursor": cursor(7)}, {"cursor": ""}, {"cursor": None}),
        *({"cursor": "x"}, {"cursor": cursor(-1)}, {"cursor": 3}, {"page": 2}),
    ]
    events = [
        (name, method, params, asked(method, params, kind, key))
        for name, key in keys.items()
        for kind in KINDS
        for method, params in (
            *(("tools/list", one) for one in wanted),
            ("tools/call", {"name": "tool_150", "arguments": {"text": "x"}}),
        )
    ]
    sent = [one for *_, one in events]
    found = compare(root, index, tmp_path / "run", sent, json.dumps({"keys": stored}))
    assert found.different == []
    served = [events[number][:3] for number in sorted(found.served)]
    for params in wanted[:3]:
        assert served.count(("all", "tools/list", params)) == 3, params
    assert served.count(("few", "tools/list", {})) == 3
    # Whose tools fill more than a page has pages of its own, and those are FastMCP's.
    assert ("many", "tools/list", {}) not in served
    for name in ("all", "few"):
        call = ("tools/call", {"name": "tool_150", "arguments": {"text": "x"}})
        assert served.count((name, *call)) == 3
