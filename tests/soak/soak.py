"""Many clients at one Function URL for a while: nothing lost, crossed or leaked, memory flat.

Instances are real processes, so reserved concurrency bounds them; what comes beyond it gets
429 at once and is asked again. That is what AWS does too: synchronous requests do not queue.
There may be a few instances more than that, while others finish after their answer.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from mesh.local_aws.instances.memory import resident_bytes
from mesh.local_aws.process import Running, start, stop
from mesh.local_aws.process_identity import identity
from tests.fixtures.deployed import deploy
from tests.soak.client import Tally, talk

CLIENTS = 200
RESERVED = 8
LONGEST_SECONDS = 120.0
SAMPLE_SECONDS = 0.5
MB = 1024 * 1024
HANDLER = """
import uuid

instance, busy = uuid.uuid4().hex, False

def handler(event, context):
    global busy
    assert not busy, "two requests at a time in one instance"
    busy = True
    try:
        return f"{event['rawPath']} {event['body']} {instance}"
    finally:
        busy = False
"""


@dataclass(frozen=True)
class Sample:
    """Memory in MB at one moment, and how many instances there were."""

    seconds: float
    emulator_mb: float
    largest_instance_mb: float
    instances: int


@dataclass(frozen=True)
class Report:
    """What came of a soak."""

    seconds: float
    tally: Tally
    samples: list[Sample]
    left_processes: list[int]
    left_folders: list[str]

    @property
    def emulator_growth_mb(self) -> float:
        """From the middle of the run to its end: the caps are reached by then."""
        middle = self.samples[len(self.samples) // 2]
        return self.samples[-1].emulator_mb - middle.emulator_mb

    @property
    def instance_growth_mb(self) -> float:
        """The same of the largest instance."""
        middle = self.samples[len(self.samples) // 2]
        return self.samples[-1].largest_instance_mb - middle.largest_instance_mb

    def lines(self) -> list[str]:
        """For a person."""
        served, latencies = self.tally.statuses[200], self.tally.latencies_ms
        cuts = quantiles(latencies, n=100) if len(latencies) > 1 else [0.0] * 99
        rate = f"{served / self.seconds:.0f} served a second"
        at_a_time = max(sample.instances for sample in self.samples)
        first, last = self.samples[0].emulator_mb, self.samples[-1].emulator_mb
        growth = f"{self.emulator_growth_mb:+.1f} MB in the second half"
        instance = f"{self.samples[-1].largest_instance_mb:.0f} MB"
        left = f"{len(self.left_processes)} processes, {len(self.left_folders)} folders"
        return [
            f"{CLIENTS} clients, {self.seconds:.0f} s, reserved concurrency {RESERVED}",
            f"answers    {dict(sorted(self.tally.statuses.items()))}, {rate}",
            f"latency    p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms (of those served)",
            f"wrong      {self.tally.crossed} crossed, {len(self.tally.lost)} lost",
            f"instances  {len(self.tally.instances)} served, {at_a_time} at a time",
            f"emulator   {first:.0f} MB at first, {last:.0f} MB at last, {growth}",
            f"instance   {instance}, {self.instance_growth_mb:+.1f} MB in the second half",
            f"left       {left}",
        ]


def soak(folder: Path, seconds: float) -> Report:
    """Start a local AWS, let the clients at it, stop it, and look at what is left.

    Args:
        folder: An empty folder for its state.
        seconds: How long, at most 120.
    """
    seconds = min(seconds, LONGEST_SECONDS)
    state = folder / "state"
    running = start(state, endpoint_port=0, url_ports="0", log=folder / "log.txt")
    processes = {running.pid: identity(running.pid)}
    try:
        function = deploy(running, HANDLER, MemorySize=256)
        function.api.put_function_concurrency(
            FunctionName=function.name, ReservedConcurrentExecutions=RESERVED
        )
        function.get()
        tally, samples = asyncio.run(_run(running, function.url, seconds))
        for instance in running.status()["instances"]:
            processes[instance["pid"]] = identity(instance["pid"])
    finally:
        stop(state)
    left = [pid for pid, was in processes.items() if was and identity(pid) == was]
    folders = [path.name for path in (state / "instances").glob("*")]
    return Report(seconds, tally, samples, left, folders)


async def _run(running: Running, url: str, seconds: float) -> tuple[Tally, list[Sample]]:
    tally, samples = Tally(), []
    began = time.monotonic()
    port = urlsplit(url).port or 0
    clients = asyncio.gather(
        *(talk(number, port, began + seconds, tally) for number in range(CLIENTS))
    )
    while not clients.done():
        samples.append(await asyncio.to_thread(_sample, running, began))
        await asyncio.wait([clients], timeout=SAMPLE_SECONDS)
    await clients
    return tally, samples


def _sample(running: Running, began: float) -> Sample:
    pids = [instance["pid"] for instance in running.status()["instances"]]
    # The emulator alone: its children are the instances.
    pages = int(Path(f"/proc/{running.pid}/statm").read_bytes().split()[1])
    largest = max((resident_bytes(pid) for pid in pids), default=0)
    return Sample(time.monotonic() - began, pages * 4096 / MB, largest / MB, len(pids))
