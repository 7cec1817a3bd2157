"""Thousands of generated requests: whatever the fast path answers, FastMCP answers alike.

`make torture` compares many more.
"""

from __future__ import annotations

import pytest

from tests.fixtures.instances import KEY
from tests.local.runtime.fast_path.conftest import EXPIRED, LIMITED
from tests.local.runtime.fast_path.generated_requests import (
    chosen_by,
    credentials,
    request,
    sendable,
)
from tests.local.runtime.fast_path.requests import KINDS, asked

EXAMPLES = 2500


def test_the_fast_path_never_answers_otherwise_than_fastmcp(pair, seed) -> None:
    served, handed_on = pair.served, pair.handed_on
    callers = credentials(KEY, LIMITED, EXPIRED)
    for number in range(EXAMPLES):
        made = request(chosen_by(f"{seed} {number}"), callers)
        if sendable(made):
            pair.check(made)
    served, handed_on = pair.served - served, pair.handed_on - handed_on
    # Or else the comparison would be of FastMCP with itself.
    assert served * 9 > handed_on, (served, handed_on)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "characters", [range(1, 0x110), range(0x2000, 0x2040), range(0xFF00, 0x10010)]
)
def test_every_character_of_a_result_is_written_alike(pair, kind: str, characters: range) -> None:
    arguments = {"current_task": f"quarantine {''.join(map(chr, characters))}"}
    call = {"name": "analyze_development_context", "arguments": arguments}
    assert pair.check(asked("tools/call", call, kind, KEY))
