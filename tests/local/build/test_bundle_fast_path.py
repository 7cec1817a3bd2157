"""What the build says of the fast path, and what the page says of it."""

from __future__ import annotations

import re

from mesh.build.environment import ROOT
from mesh.build.fast_path.catalogues import LEFT_TO_FASTMCP

PAGE = ROOT / "docs" / "explanation" / "fast-path.md"


def test_the_page_lists_every_reason_and_no_other() -> None:
    table = PAGE.read_text(encoding="utf-8").partition("| Reason | Because |\n|---|---|\n")[2]
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].splitlines()]
    assert {name.strip("`"): why for name, why in rows} == LEFT_TO_FASTMCP


def test_the_code_gives_these_reasons_and_no_other() -> None:
    files = [*(ROOT / "mesh/runtime/fast_path").glob("*.py"), ROOT / "mcp_app/document_list.py"]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    given = set(re.findall(r'(?:LeftToFastMcpError|hand_on)\("(\w+)"\)', text))
    # Given where nothing is left to FastMCP, and where the fast path fails.
    assert given | {"off", "error"} == LEFT_TO_FASTMCP.keys()
