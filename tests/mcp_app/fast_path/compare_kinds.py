"""Run by `test_result_kinds` where `mcp_app` is a copy with more tools: what differs, in JSON."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from typing import Any

from mcp_app.instance import start
from mcp_app.settings import load
from tests.mcp_app.fast_path.pair import Context, comparable, event

CALLS: dict[str, list[dict[str, Any]]] = {
    "gives_text": [{}, {"text": "é “x” \\ \n"}, {"text": ""}],
    "gives_number": [{"number": 3}, {"number": -1}],
    "gives_share": [{"share": 0.25}, {"share": 1}, {"share": 1e-7}, {"share": 3.0}],
    "gives_truth": [{}],
    "gives_nothing": [{}],
    "gives_list": [{}],
    "gives_dict": [{}],
    "gives_object": [{}],
    "gives_more": [{}],
    "fails": [{}],
}


def main() -> None:
    """Write the answers that differ, and which tools the fast path answered for."""
    settings = load({**os.environ, "MESH_AUTH": "none"})
    instance = start(settings)

    def hand_on(*_given: object) -> Any:
        return lambda *_event: None

    front = importlib.import_module("mcp_app_lean.fast_path.front").Front(settings, None, hand_on)
    served, different = [], []
    for tool, calls in CALLS.items():
        for arguments in calls:
            for path in ("/mcp", "/mcp modern", "/rpc"):
                params: dict[str, Any] = {"name": tool, "arguments": arguments}
                headers = {"content-type": "application/json", "accept": "application/json"}
                if path == "/mcp modern":
                    meta = "io.modelcontextprotocol/"
                    params["_meta"] = {
                        f"{meta}protocolVersion": "2026-07-28",
                        f"{meta}clientCapabilities": {},
                    }
                    headers |= {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call"}
                    headers["mcp-name"] = tool
                message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
                asked = event("POST", path.split()[0], message, headers)
                quick = front.answer(asked, Context())
                if quick is not None:
                    served.append(tool)
                    whole = instance.answer(asked, Context())
                    if comparable(quick) != comparable(whole):
                        different.append([tool, path, quick["body"], whole["body"]])
    front.close()
    instance.close()
    json.dump({"served": sorted({*served}), "different": different}, sys.stdout)


if __name__ == "__main__":
    main()
    asyncio.set_event_loop(None)
