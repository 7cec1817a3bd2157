"""The fast path keeps a caller to its sources as FastMCP's way does."""

from __future__ import annotations

from typing import Any

from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.conftest import SCOPED
from tests.local.runtime.fast_path.pair import event

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
