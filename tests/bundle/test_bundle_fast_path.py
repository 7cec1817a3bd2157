"""What the build says of the fast path, and what the page says of it."""

from __future__ import annotations

import json

from ops.bundle.fast_path import LEFT_TO_FASTMCP
from ops.environment import ROOT


def test_the_page_lists_what_is_left_to_fastmcp_with_the_same_reasons() -> None:
    page = (ROOT / "docs" / "fast-path.md").read_text(encoding="utf-8").replace("`", "")
    for what, reason in LEFT_TO_FASTMCP.items():
        row = f"| {what} | {reason} |"
        assert row in page.replace('"', ""), row


def test_the_build_has_it_for_machines_too() -> None:
    assert json.loads(json.dumps(dict(LEFT_TO_FASTMCP)))["access tokens"]
