"""The parsers under atheris: installed apart where it can be, and run two at a time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from mesh import uv
from mesh.build.environment import ROOT
from mesh.installation import CACHE
from tests.torture.parsers import PARSERS
from tests.torture.summary import Fuzzed
from tests.torture.workers import WORKERS

LOCK = ROOT / "requirements" / "atheris.txt"
PACKAGES = CACHE / "atheris"
EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
LEAST_SECONDS = 5
# The servers start within it, and libFuzzer looks at its time between two inputs only.
SPARE_SECONDS = 90
MAX_INPUT_BYTES = 65_536
MAX_SEED = 2**31
MEMORY_MB = 4096


def installed() -> str | None:
    """Install atheris, unless it is there; why it cannot be, or None.

    There are wheels for Linux on x86_64; elsewhere it is built, which takes a clang with
    libFuzzer. https://github.com/google/atheris#installation-instructions
    """
    command = ["pip", "install", "--quiet", "--require-hashes", "--target", str(PACKAGES)]
    stamp = PACKAGES / "made-from"
    if stamp.is_file() and stamp.read_text() == LOCK.read_text():
        return None
    done = subprocess.run(
        [uv.executable(), *command, "--python", sys.executable, "-r", str(LOCK)],
        env=uv.variables(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        return f"atheris could not be installed here: {said}"
    stamp.write_text(LOCK.read_text())
    return None


class _Fuzzer:
    """One parser's process."""

    def __init__(self, parser: str, arguments: list[str], seconds: float) -> None:
        self._parser = parser
        # Files instead of pipes: nobody reads while it runs.
        self._until = time.monotonic() + seconds + SPARE_SECONDS
        paths = [str(ROOT), str(PACKAGES)]
        variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.fuzz_one", parser, *arguments],
            env=variables,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )

    def result(self) -> Iterator[Fuzzed]:
        """Wait for its end, and say what came of it."""
        late = False
        try:
            told, said = self._process.communicate(timeout=max(0, self._until - time.monotonic()))
        except subprocess.TimeoutExpired:
            late = True
            self._process.kill()
            told, said = self._process.communicate()
        found = EXECUTED.search(said)
        count = int(found[1]) if found else 0
        faults = [json.loads(line) for line in told.splitlines() if line.startswith('{"fault"')]
        yield Fuzzed(self._parser, count)
        for fault in faults:
            again = f".venv/bin/python -m tests.torture {fault['how']}"
            yield Fuzzed(self._parser, 0, fault["fault"], again)
        if late or self._process.returncode:
            why = "it did not end" if late else f"exit code {self._process.returncode}"
            yield Fuzzed(self._parser, 0, f"{why}: {said[-400:]}", "")

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def fuzz(
    seed: str, scratch: Path, folder: Path, seconds: float, count: int | None
) -> tuple[tuple[Fuzzed, ...], str | None]:
    """Fuzz all parsers.

    Args:
        seed: Of the run.
        scratch: The folder that `servers.prepare` has filled.
        folder: Where inputs that fail are saved.
        seconds: For all of it.
        count: How many inputs in all; None for as many as fit.

    Returns:
        What came of each, and why there was none; None where there was.
    """
    problem = installed()
    if problem is not None:
        return (), problem
    each = max(LEAST_SECONDS, int(seconds * WORKERS / len(PARSERS)))
    options = [
        f"-max_total_time={each}",
        f"-seed={int.from_bytes(seed.encode()) % MAX_SEED or 1}",
        f"-max_len={MAX_INPUT_BYTES}",
        f"-rss_limit_mb={MEMORY_MB}",
        "-timeout=60",
        "-print_final_stats=1",
        f"-artifact_prefix={folder}/",
        *([f"-runs={max(1, count // len(PARSERS))}"] if count is not None else []),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    waiting = list(PARSERS)
    results: list[Fuzzed] = []
    running: list[_Fuzzer] = []
    try:
        while waiting or running:
            while waiting and len(running) < WORKERS:
                arguments = [str(scratch), str(folder), seed, *options]
                sys.stdout.write(f"atheris: {waiting[0]}, {each} s\n")
                sys.stdout.flush()
                running.append(_Fuzzer(waiting.pop(0), arguments, each))
            results += running[0].result()
            running.pop(0)
    finally:
        for one in running:
            one.stop()
    return tuple(results), None
