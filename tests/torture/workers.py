"""The processes of a run: started, watched, replaced where an input ends one, and stopped."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from tests.torture.faults import Fault
from tests.torture.generators import make
from tests.torture.servers import Servers
from tests.torture.tally import Finding, Tally
from tests.torture.trial import Trial
from tests.torture.worker import Worker

# One for each core of the machines that this is meant for.
WORKERS = 2
# Code that no signal interrupts, or a wait that does not end; servers start within it too.
SILENT_SECONDS = 180.0
STOP_SECONDS = 15.0
POLL_SECONDS = 1.0

# A process of its own, without anything of this one's.
SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Plan:
    """What a run does.

    Attributes:
        seed: Of all inputs.
        count: How many inputs.
        until: The monotonic time at which it ends at the latest.
        scratch: The folder that `servers.prepare` has filled.
        folder: Where inputs that fail are saved.
    """

    seed: str
    count: int
    until: float
    scratch: Path
    folder: Path


def _work(plan: Plan, numbers: range, at: Any, stop: Any, told: Connection) -> None:
    """The main function of a worker's process."""
    # The first process is told of Ctrl-C, and tells this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # As the handler sets it: FastMCP's log lines go where ours go.
    os.environ["FASTMCP_LOG_ENABLED"] = "false"
    servers = Servers(plan.scratch)
    worker = Worker(Trial(servers), plan.seed, plan.folder)

    def began(number: int) -> None:
        at.value = number

    def report(tally: Tally) -> bool:
        told.send(tally)
        return not stop.is_set()

    try:
        worker.run(numbers, plan.until, began, report)
    finally:
        servers.close()


@dataclass
class _Process:
    """One worker's process, and what it has told."""

    process: Any
    told: Connection
    at: Any
    numbers: range
    tally: Tally = field(default_factory=Tally)
    number: int = -1
    since: float = field(default_factory=time.monotonic)

    def take(self) -> None:
        """Take what it has told since the last time."""
        try:
            while self.told.poll():
                self.tally = self.told.recv()
        except (EOFError, OSError):
            pass

    def silent(self) -> bool:
        """Whether it has been at one input for too long."""
        if self.at.value != self.number:
            self.number, self.since = self.at.value, time.monotonic()
        return time.monotonic() - self.since > SILENT_SECONDS


class Workers:
    """The workers of one run.

    Args:
        plan: What they do.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._stop = SPAWN.Event()
        self._ended = Tally()
        self._running: list[_Process] = []

    def tally(self) -> Tally:
        """What all of them have seen so far."""
        whole = Tally()
        whole.merge(self._ended)
        for one in self._running:
            whole.merge(one.tally)
        return whole

    def run(self, progress: Callable[[Tally], None]) -> Tally:
        """Start all, and wait until they are done.

        Args:
            progress: Told every second what was seen so far.
        """
        try:
            for first in range(WORKERS):
                self._running.append(self._start(range(first, self._plan.count, WORKERS)))
            while self._running:
                wait([one.process.sentinel for one in self._running], POLL_SECONDS)
                for one in list(self._running):
                    self._look_at(one)
                progress(self.tally())
        finally:
            self.stop()
        return self._ended

    def stop(self) -> None:
        """End all workers after the inputs that they are at."""
        self._stop.set()
        until = time.monotonic() + STOP_SECONDS
        for one in list(self._running):
            while one.process.is_alive() and time.monotonic() < until:
                one.take()
                one.process.join(0.1)
            self._end(one)

    def _start(self, numbers: range) -> _Process:
        ours, theirs = SPAWN.Pipe(duplex=False)
        at = SPAWN.Value("q", -1, lock=False)
        process = SPAWN.Process(
            target=_work, args=(self._plan, numbers, at, self._stop, theirs), daemon=True
        )
        process.start()
        theirs.close()
        return _Process(process, ours, at, numbers)

    def _look_at(self, one: _Process) -> None:
        one.take()
        silent = one.silent()
        if one.process.is_alive() and not silent:
            return
        number = one.at.value
        self._end(one)
        if one.process.exitcode == 0:
            return
        where = "no answer, no end" if silent else f"exit code {one.process.exitcode}"
        fault = Fault("process ended", where)
        finding = Finding(fault, 1, number)
        if number >= 0:
            given = make(self._plan.seed, number)
            finding.file = self._plan.folder / f"process-ended-{number}.json"
            given.save(finding.file)
        self._ended.findings.setdefault(fault, finding)
        left = one.numbers[one.numbers.index(number) + 1 :] if number >= 0 else range(0)
        if left and not self._stop.is_set():
            self._running.append(self._start(left))

    def _end(self, one: _Process) -> None:
        """End a worker's process, whatever it is doing, and keep what it told."""
        if one.process.is_alive():
            one.process.kill()
        one.process.join()
        one.take()
        one.told.close()
        self._ended.merge(one.tally)
        self._running.remove(one)
