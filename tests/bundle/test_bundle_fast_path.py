"""What the build says of the fast path, and what the page says of it."""

from __future__ import annotations

from ops.bundle.fast_path import LEFT_TO_FASTMCP
from ops.environment import ROOT


def test_the_page_lists_what_is_left_to_fastmcp_with_the_same_reasons() -> None:
    page = (ROOT / "docs" / "fast-path.md").read_text(encoding="utf-8").replace("`", "")
    for what, reason in LEFT_TO_FASTMCP.items():
        row = f"| {what} | {reason} |"
        assert row in page.replace('"', ""), row


def test_the_page_lists_nothing_else() -> None:
    page = (ROOT / "docs" / "fast-path.md").read_text(encoding="utf-8")
    table = page.partition("## What it leaves to FastMCP\n\n")[2].partition("\n\n")[0]
    head_and_rule = 2
    assert len(table.splitlines()) == len(LEFT_TO_FASTMCP) + head_and_rule
