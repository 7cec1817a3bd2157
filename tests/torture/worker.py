"""One worker: takes every so-manieth input, and reports what it sees."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from copy import replace
from pathlib import Path

from tests.torture.faults import Fault
from tests.torture.generators import make
from tests.torture.inputs import Input
from tests.torture.memory_growth import SAMPLE_INPUTS, Sample
from tests.torture.shrink import smallest
from tests.torture.tally import Tally
from tests.torture.trial import Trial

REPORT_SECONDS = 2.0
# Each attempt sends the input once; slow ones are kept as they are.
SHRINKING_ATTEMPTS = 600
KEPT_AS_IT_IS = frozenset({"slow answer", "slow refusal", "out of time"})


class Worker:
    """Sends the inputs of a seed, and makes those that fail smaller.

    Args:
        trial: Sends one input.
        seed: Of the run.
        folder: Where inputs that fail are saved.
        attempts: How often an input that fails is sent to make it smaller.
    """

    def __init__(
        self, trial: Trial, seed: str, folder: Path, attempts: int = SHRINKING_ATTEMPTS
    ) -> None:
        self._trial = trial
        self._seed = seed
        self._folder = folder
        self._attempts = attempts
        self.tally = Tally()

    def send(self, number: int) -> None:
        """Send the input of this number; save it where it shows a new fault."""
        given = make(self._seed, number)
        outcome = self._trial.run(given)
        for fault in self.tally.add(number, given, outcome):
            found = self.tally.findings[fault]
            found.file, found.characters = self.save(given, fault)

    def save(self, given: Input, fault: Fault) -> tuple[Path, int]:
        """Save the smallest input that shows this fault: the file, and its size in JSON."""
        if fault.kind not in KEPT_AS_IT_IS:
            event = smallest(
                given.event,
                lambda event: fault in self._trial.run(replace(given, event=event)).faults,
                self._attempts,
            )
            given = replace(given, event=event)
        name = hashlib.sha256(str(fault).encode()).hexdigest()[:8]
        file = self._folder / f"{fault.kind.replace(' ', '-')}-{name}.json"
        given.save(file)
        return file, len(json.dumps(given.event))

    def run(
        self,
        numbers: range,
        until: float,
        began: Callable[[int], None],
        report: Callable[[Tally], bool],
    ) -> None:
        """Send inputs until there are no more, time is up, or `report` says so.

        Args:
            numbers: Of the inputs.
            until: A monotonic time.
            began: Told the number of each input before it is sent.
            report: Given the tally every other second; whether to go on.
        """
        due = time.monotonic() + REPORT_SECONDS
        samples: list[Sample] = []
        self.tally.memory[numbers.start] = samples
        for sent, number in enumerate(numbers, 1):
            began(number)
            self.send(number)
            if sent % SAMPLE_INPUTS == 0:
                samples.append(self._trial.memory())
            now = time.monotonic()
            if now >= due or now >= until:
                due = now + REPORT_SECONDS
                if not report(self.tally) or now >= until:
                    return
        report(self.tally)
