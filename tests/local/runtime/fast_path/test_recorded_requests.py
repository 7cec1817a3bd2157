"""What real clients sent goes the fast path, and is answered as FastMCP would."""

import json
from pathlib import Path
from typing import Any

import pytest

from mesh.build.environment import ROOT
from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.pair import comparable, event

SESSIONS = sorted((ROOT / "tests" / "fixtures" / "clients" / "sessions").glob("*.json"))
# What a client has to ask before it can ask for anything else, and the call itself.
ON_THE_FAST_PATH = {
    "initialize",
    "notifications/initialized",
    "ping",
    "logging/setLevel",
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "tools/call",
}
AUTH = {"authorization": f"Bearer {KEY}"}


def fails(answer: dict[str, Any]) -> bool:
    """Whether it is the answer to a call that the client was made to get wrong."""
    content = comparable(answer)["content"]
    return isinstance(content, dict) and bool(content.get("result", {}).get("isError"))


@pytest.mark.promise("a cold instance answers without FastMCP, alike")
@pytest.mark.parametrize("path", SESSIONS, ids=lambda path: path.stem)
def test_a_client_connects_lists_and_calls_on_the_fast_path(pair, path: Path):
    served = set()
    for request in json.loads(path.read_text())["requests"]:
        body = request.get("body")
        asked = event(request["method"], request["path"], body, {**request["headers"], **AUTH})
        was_served = pair.check(asked)
        if body is None:
            assert was_served or request["path"] != "/mcp", request
        elif body["method"] in ON_THE_FAST_PATH and not fails(pair.full(asked)):
            assert was_served, f"FastMCP is needed for {body}"
            served.add(body["method"])
    assert {"tools/list", "tools/call"} <= served
    assert {"initialize", "server/discover"} & served
