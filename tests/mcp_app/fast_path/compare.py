"""Run by `copies` where `mcp_app` is a copy with more in it: what the fast path answers otherwise.

Events come in JSON on standard input; the findings are the last line on standard output.
"""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import os
import sys
from typing import Any

from mcp_app.instance import start
from mcp_app.settings import load
from tests.mcp_app.fast_path.log_lines import kept
from tests.mcp_app.fast_path.pair import Context, comparable


def main() -> None:
    """Write which events the fast path answered, and what of answers and logs is different."""
    settings = load({**os.environ, "MESH_AUTH": "none"})
    instance = start(settings)

    def hand_on(*_given: object) -> Any:
        return lambda *_event: None

    front = importlib.import_module("mcp_app_lean.fast_path.front").Front(settings, None, hand_on)
    lines = kept()
    served, different, logged = [], [], []
    for number, asked in enumerate(json.load(sys.stdin)):
        lines.taken()
        quick = front.answer(copy.deepcopy(asked), Context())
        if quick is not None:
            served.append(number)
            said = lines.taken()
            whole = instance.answer(asked, Context())
            if comparable(quick) != comparable(whole):
                different.append([asked, quick, whole])
            full = lines.taken()
            if said != full:
                different.append([asked, said, full])
            logged.append(said)
    front.close()
    instance.close()
    print(json.dumps({"served": served, "different": different, "logged": logged}))  # noqa: T201 - as said above


if __name__ == "__main__":
    main()
    asyncio.set_event_loop(None)
