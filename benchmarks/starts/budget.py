"""How many instructions a cold start may take, as a multiple of the bare handler's.

The budget lies in instruction_budget.json, and a test holds the code to it. After a change
that is meant to cost or save instructions it is written again:

    .venv/bin/python -m benchmarks.starts budget
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.starts import requests
from benchmarks.starts.instructions import count, without_tls
from benchmarks.starts.services import Services
from benchmarks.starts.subjects import Subjects

PLACE = Path(__file__).with_name("instruction_budget.json")
FULL, STREAMING = "ours-full", "ours-streaming"
SUBJECTS = ("bare", "ours", "ours-token", STREAMING, FULL)
# Those whose INIT alone is counted when there is time: one is slow, and one is much like ours.
THOROUGH = frozenset({FULL, STREAMING})
RENEW = ".venv/bin/python -m benchmarks.starts budget"
# A count is the same to a thousandth; this is for what an edit elsewhere moves.
ROOM = 0.04
# Another build of Python: other optimisations, other sizes of what is unmarshalled.
OTHER_BUILD_ROOM = 0.25

type Counts = Mapping[str, Mapping[str, float]]


def build() -> str:
    """Which Python this is, as far as it changes counts."""
    return f"{platform.machine()} {sys.version.split()[0]} {platform.python_compiler()}"


async def counts(
    services: Services, subjects: Subjects, *, thorough: bool = True
) -> dict[str, dict[str, float]]:
    """Millions of instructions of INIT, and with the first call, by subject.

    Args:
        services: What runs beside them.
        subjects: What is counted.
        thorough: Whether INIT of all of them is counted apart from the call.
    """
    found: dict[str, dict[str, float]] = {}
    for name in SUBJECTS:
        program = without_tls(subjects.make(name).program, services.plain_store.url)
        found[name] = {"call": round(await count(program, (requests.CALL.ask,)), 2)}
        if thorough or name not in THOROUGH:
            found[name]["init"] = round(await count(program, ()), 2)
    return found


def ratios(found: Counts) -> dict[str, dict[str, float]]:
    """Each subject's multiples of the bare handler's counts."""
    bare = found["bare"]
    return {
        name: {what: round(value / bare[what], 3) for what, value in one.items()}
        for name, one in found.items()
        if name != "bare"
    }


def write(found: Counts) -> None:
    """Make what was counted the budget."""
    content = {"python": build(), "millions": found, "ratios": ratios(found)}
    PLACE.write_text(json.dumps(content, indent=2) + "\n")


def read() -> dict[str, Any]:
    """The budget."""
    content: dict[str, Any] = json.loads(PLACE.read_text())
    return content


def overruns(found: Counts, allowed: Mapping[str, Any]) -> Iterator[str]:
    """What is over the budget, a sentence each, with what changed and what to do."""
    same = allowed["python"] == build()
    room = ROOM if same else OTHER_BUILD_ROOM
    for name, one in ratios(found).items():
        for what, value in one.items():
            budget = allowed["ratios"][name][what]
            if value > budget * (1 + room):
                before = allowed["millions"][name][what]
                title = "INIT" if what == "init" else "INIT and the first tools/call"
                yield (
                    f"{name}: {title} takes {value:.2f} x the bare handler's instructions, the "
                    f"budget is {budget:.2f} and {room:.0%} of room ({found[name][what]:,.0f} "
                    f"million, {before:,.0f} when it was written). Look what is imported or done "
                    f"that was not; if it has to be, write the budget again with: {RENEW}"
                )
