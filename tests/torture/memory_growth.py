"""Whether the memory of a worker's processes keeps growing."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from tests.local.runtime.fast_path.live_memory import Memory

# The memory of each process of a worker, by its name.
type Sample = dict[str, Memory]

# A worker takes a sample after so many inputs, whatever the time.
SAMPLE_INPUTS = 500
# FastMCP and Pydantic load and build parts when they are first used, and caches fill.
SETTLED_INPUTS = 1000
LEAST_INPUTS = 2000
# Caches that fill later took 6 MB in 45,000 inputs of a worker.
LIMIT_BYTES = 12 * 1024 * 1024


def growth_bytes(samples: Sequence[Sample]) -> int | None:
    """By how much the process that grew most has grown since `SETTLED_INPUTS`.

    Intervals in which a process imported a module do not count.

    Args:
        samples: Of one worker, one for every `SAMPLE_INPUTS` inputs.

    Returns:
        None where the worker had less than `LEAST_INPUTS` inputs: too few to tell.
    """
    if len(samples) < LEAST_INPUTS // SAMPLE_INPUTS:
        return None
    settled = samples[SETTLED_INPUTS // SAMPLE_INPUTS - 1 :]
    return max(
        sum(
            after[name].live_bytes - before[name].live_bytes
            for before, after in pairwise(settled)
            if name in before and before[name].modules == after[name].modules
        )
        for name in settled[-1]
    )
