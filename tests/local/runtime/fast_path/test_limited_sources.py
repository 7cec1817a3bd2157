"""The fast path keeps a caller to its sources as FastMCP's way does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aoma.corpus import write_index
from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.conftest import SCOPED
from tests.local.runtime.fast_path.copies import built, compare, project_with
from tests.local.runtime.fast_path.pair import event
from tests.local.runtime.fast_path.requests import in_all_ways

JSON = {"content-type": "application/json"}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("search", {"query": "checksum"}),
    ("search_knowledge", {"query": "checksum"}),
    ("search_code_files", {"query": "checksum", "detail": "full"}),
    ("get_jira_ticket_count", {}),
    ("fetch", {"id": "documents:docs/ingest.md"}),
    ("fetch", {"id": "tickets:AOMA-1"}),
    ("analyze_development_context", {"current_task": "verify the checksum"}),
]


def test_a_caller_limited_to_sources_is_so_on_the_fast_path(pair):
    """No answer of this key's names the one document that has these words."""
    params: dict[str, Any]
    for name, arguments in CALLS:
        params = {"name": name, "arguments": arguments}
        for key, hidden in ((KEY, False), (SCOPED, True)):
            message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
            asked = event("POST", "/rpc", message, {"authorization": f"Bearer {key}", **JSON})
            assert pair.check(asked), name
            text = pair.fast(asked)["body"]
            if hidden:
                assert "ingest.md" not in text
                assert "Retention" not in text
    for method, params in (
        ("resources/list", {}),
        ("resources/read", {"uri": "aoma://docs/docs/ingest.md"}),
    ):
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        asked = event("POST", "/rpc", message, {"authorization": f"Bearer {SCOPED}", **JSON})
        pair.check(asked)
        assert "Checksums" not in str(pair.full(asked))


def test_a_tool_that_the_index_has_nothing_for_is_unknown_on_both_ways(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "checksums.md").write_text("# Checksums\n\nEach file has one.\n")
    index = tmp_path / "knowledge.sqlite3"
    write_index(index, documents=[tmp_path / "docs"], repositories=[], exports=[])
    root = project_with(tmp_path)
    built(root, tmp_path / "cache", frozenset({"documents"}))
    unknown = in_all_ways("get_jira_ticket", {"key": "AOMA-1"})
    known = in_all_ways("search_knowledge", {"query": "checksums"})

    found = compare(root, index, tmp_path / "scratch", [*known, *unknown])

    assert found.different == []
    assert found.served == frozenset(range(len(known)))
    assert set(found.reasons.values()) == {"tool"}
