"""The rounds: every subject once in each, from a clean process to a warm one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from benchmarks.starts.figures import Samples
from benchmarks.starts.instance import Taken
from benchmarks.starts.requests import CALL, SEARCH, Kind
from benchmarks.starts.subjects import Instance, Subject
from mesh.local_aws.instances.sandbox import Sandbox

# Not counted: the first answers of a kind fill caches.
WARMING_CALLS = 3


def _add(samples: Samples, figure: str, number: int, taken: Taken) -> None:
    samples.add(f"{figure}.wall", number, taken.wall)
    samples.add(f"{figure}.cpu", number, taken.cpu)


async def _warm(
    instance: Instance, subject: Subject, number: int, calls: int, samples: Samples
) -> None:
    for kind in subject.warm:
        for call in range(WARMING_CALLS + calls):
            taken = await instance.ask(kind.ask)
            if call >= WARMING_CALLS:
                _add(samples, f"warm.{kind.name}", number, taken)


async def measure(
    subject: Subject, sandbox: Sandbox, *, number: int, calls: int, samples: Samples
) -> None:
    """One round of one subject: each kind's first request on an instance of its own.

    Args:
        subject: Who.
        sandbox: How this machine starts instances.
        number: Of the round.
        calls: How many of each kind a warm instance is asked.
        samples: Gets the measurements.
    """
    # The warm calls follow the first search where there is one: it has loaded most.
    last = SEARCH if SEARCH in subject.first else CALL
    for kind in subject.first:
        async with subject.instance(sandbox) as instance:
            first = await instance.ask(kind.ask)
            _add(samples, "init", number, instance.init)
            _add(samples, f"first.{kind.name}", number, first)
            cold = Taken(instance.init.wall + first.wall, instance.init.cpu + first.cpu)
            _add(samples, f"cold.{kind.name}", number, cold)
            if kind is CALL:
                samples.add("memory", number, instance.peak_mb)
            if kind is last and calls:
                await _warm(instance, subject, number, calls, samples)


async def measure_growth(
    subject: Subject, kinds: Sequence[Kind], sandbox: Sandbox, number: int, samples: Samples
) -> None:
    """INIT and the first request of these kinds; searches warm, too."""
    for kind in kinds:
        async with subject.instance(sandbox) as instance:
            first = await instance.ask(kind.ask)
            _add(samples, "init", number, instance.init)
            _add(samples, f"first.{kind.name}", number, first)
            samples.add("memory", number, instance.peak_mb)
            if kind.name == SEARCH.name:
                for call in range(WARMING_CALLS + 20):
                    taken = await instance.ask(kind.ask)
                    if call >= WARMING_CALLS:
                        _add(samples, f"warm.{kind.name}", number, taken)


async def rounds(
    subjects: Sequence[Subject],
    sandbox: Sandbox,
    *,
    count: int,
    calls: int,
    minutes: float,
    progress: Callable[[str], None],
) -> dict[str, Samples]:
    """All rounds, the order another in each; gives the measurements by subject.

    Args:
        subjects: Who.
        sandbox: How this machine starts instances.
        count: How many rounds.
        calls: How many of each kind a warm instance is asked, in each.
        minutes: When no further round is started.
        progress: Called with each step.
    """
    until = time.monotonic() + minutes * 60
    samples = {subject.name: Samples() for subject in subjects}
    for number in range(count):
        if number and time.monotonic() > until:
            progress(f"{minutes:g} minutes are over: {number} of {count} rounds are measured")
            break
        shift = number % len(subjects)
        for subject in [*subjects[shift:], *subjects[:shift]]:
            progress(f"round {number + 1} of {count}: {subject.title}")
            await measure(
                subject, sandbox, number=number, calls=calls, samples=samples[subject.name]
            )
    return samples
