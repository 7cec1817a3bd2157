"""Run by `copies` where `mcp_app` is a copy with more in it: what the fast path answers otherwise.

Events, and what API keys there are, come in JSON on standard input; the findings are the last
line on standard output.
"""

from __future__ import annotations

import asyncio
import copy
import importlib
import json
import os
import sys
from typing import Any

from mcp_app import begun_call
from mcp_app.api_keys import KeyRing
from mcp_app.asgi.app import build_app
from mcp_app.instance import Instance, backend_of
from mcp_app.server import build_server
from mcp_app.settings import load
from tests.mcp_app.fast_path.log_lines import kept
from tests.mcp_app.fast_path.pair import Context, comparable


def ring(kind: Any, keys: str | None) -> Any:
    """A `KeyRing` of these keys; none where there are none."""
    return kind(lambda: keys, source="SSM parameter /p", ttl_seconds=600) if keys else None


def ordered(lines: list[list[Any]]) -> list[list[Any]]:
    """The request's own line last; sources that are asked at one time log in any order."""
    return [*sorted(lines[:-1], key=json.dumps), *lines[-1:]]


def main() -> None:
    """Write which events the fast path answered, and what of answers and logs is different."""
    given = json.load(sys.stdin)
    auth = {"MESH_API_KEYS_PARAMETER": "/p"} if given["keys"] else {"MESH_AUTH": "none"}
    settings = load({**os.environ, **auth})
    backend = backend_of(settings)
    full = ring(KeyRing, given["keys"])
    instance = Instance(build_app(build_server(settings, backend), settings, backend, full))

    def hand_on(*_given: object) -> Any:
        # What was begun here is ended there; what was not, is its own.
        return lambda *asked: instance.answer(*asked) if begun_call.is_left() else None

    lean = "mcp_app_lean"
    quick_ring = ring(importlib.import_module(f"{lean}.api_keys").KeyRing, given["keys"])
    front = importlib.import_module(f"{lean}.fast_path.front").Front(settings, quick_ring, hand_on)
    lines = kept()
    served, different, logged = [], [], []
    for number, asked in enumerate(given["events"]):
        lines.taken()
        quick = front.answer(copy.deepcopy(asked), Context())
        if quick is not None:
            served.append(number)
            said = ordered(lines.taken())
            whole = instance.answer(asked, Context())
            if comparable(quick) != comparable(whole):
                different.append([asked, quick, whole])
            full = ordered(lines.taken())
            if said != full:
                different.append([asked, said, full])
            logged.append(said)
    front.close()
    instance.close()
    print(json.dumps({"served": served, "different": different, "logged": logged}))  # noqa: T201 - as said above


if __name__ == "__main__":
    main()
    asyncio.set_event_loop(None)
