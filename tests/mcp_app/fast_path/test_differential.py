"""Thousands of generated requests: whatever the fast path answers, FastMCP answers alike.

`make torture` compares many more.
"""

from __future__ import annotations

from tests.mcp_app.conftest import KEY
from tests.mcp_app.fast_path.conftest import EXPIRED, LIMITED
from tests.mcp_app.fast_path.generated_requests import chosen_by, credentials, request, sendable

EXAMPLES = 2500


def test_the_fast_path_never_answers_otherwise_than_fastmcp(pair, seed) -> None:
    served, handed_on = pair.served, pair.handed_on
    callers = credentials(KEY, LIMITED, EXPIRED)
    for number in range(EXAMPLES):
        asked = request(chosen_by(f"{seed} {number}"), callers)
        if sendable(asked):
            pair.check(asked)
    served, handed_on = pair.served - served, pair.handed_on - handed_on
    # Or else the comparison would be of FastMCP with itself.
    assert served * 9 > handed_on, (served, handed_on)
