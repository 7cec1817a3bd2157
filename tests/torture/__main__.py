"""`make torture`: throws odd inputs at the server, and says what it could not take.

See README.md, "Run it".
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mesh.build.environment import ROOT
from tests.torture import generators, inputs
from tests.torture.fuzzing import fuzz
from tests.torture.parsers import PARSERS, try_parser
from tests.torture.servers import Servers, prepare
from tests.torture.summary import Fuzzed, Run
from tests.torture.tally import Tally
from tests.torture.trial import Trial
from tests.torture.workers import Plan, Workers

MINUTES = 10.0
LONGEST_MINUTES = 240.0
PROGRESS_SECONDS = 30.0
# Of the time, or of the inputs.
FUZZED = 0.25
INTERRUPTED = 130
FOLDER = ROOT / ".mesh" / "torture"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, help=f"how long, {MINUTES:g} unless --count")
    parser.add_argument("--count", type=int, help="how many inputs instead, in all")
    parser.add_argument("--seed", help="repeat the inputs of this seed; a new one by default")
    parser.add_argument("--input", type=int, help="send only the input of this number")
    parser.add_argument("--repeat", type=Path, help="send only the input in this file")
    parser.add_argument("--parser", choices=PARSERS, help="give the file's bytes to this parser")
    parser.add_argument(
        "--no-atheris", action="store_true", help="leave out the parsers under atheris"
    )
    return parser.parse_args()


def _with_servers[Result](work: Callable[[Trial], Result]) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        servers = Servers(Path(folder))
        try:
            return work(Trial(servers))
        finally:
            servers.close()


def _repeat_parser(parser: str, file: Path) -> int:
    """Give one parser the bytes of a file."""
    data = file.read_bytes()
    _, faults = _with_servers(lambda trial: try_parser(trial, parser, data))
    for fault in faults:
        _say(f"WRONG: {fault.kind}, {fault.where}")
    return 1 if faults else 0


def _repeat(given: inputs.Input) -> int:
    """Send one input, and say everything about it."""
    outcome = _with_servers(lambda trial: trial.run(given))
    told = json.dumps(given.event)
    _say(f"{given.kind}, server {given.server}, token {given.token}\n{told[:4000]}")
    _say(f"{outcome.way} path, {outcome.status}, {outcome.seconds * 1000:.1f} ms")
    for fault in outcome.faults:
        _say(f"WRONG: {fault.kind}, {fault.where}")
    return 1 if outcome.faults else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Progress:
    """A line now and then."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._due = self._began + PROGRESS_SECONDS

    def __call__(self, tally: Tally) -> None:
        now = time.monotonic()
        if now >= self._due:
            self._due = now + PROGRESS_SECONDS
            wrong = len(tally.findings)
            sys.stdout.write(
                f"{now - self._began:5.0f} s  {tally.total:,} inputs, {wrong} faults\n"
            )
            sys.stdout.flush()


def _run(given: argparse.Namespace, seed: str) -> int:
    """Run with all workers, and print the summary."""
    share = 0.0 if given.no_atheris else FUZZED
    minutes = given.minutes or (MINUTES if given.count is None else LONGEST_MINUTES)
    seconds = min(minutes, LONGEST_MINUTES) * 60
    count = given.count if given.count is not None else 10**9
    began = time.monotonic()
    interrupted = False
    fuzzed: tuple[Fuzzed, ...] = ()
    unfuzzed = "Left out with --no-atheris." if given.no_atheris else None
    with tempfile.TemporaryDirectory() as folder:
        scratch, until = Path(folder), began + seconds * (1 - share)
        plan = Plan(seed, int(count * (1 - share)), until, scratch, FOLDER / seed)
        workers = Workers(plan)
        try:
            _say(f"seed {seed}")
            prepare(scratch)
            workers.run(_Progress())
            if share:
                left = began + seconds - time.monotonic()
                rest = None if given.count is None else int(count * share)
                fuzzed, unfuzzed = fuzz(seed, scratch, FOLDER / seed, left, rest)
        except KeyboardInterrupt:
            interrupted, unfuzzed = True, unfuzzed or "Interrupted."
        finally:
            workers.stop()
    run = Run(seed, time.monotonic() - began, workers.tally(), fuzzed, unfuzzed)
    _say("\n".join(["", *run.lines()]))
    if interrupted:
        return INTERRUPTED
    return 1 if run.is_wrong() else 0


def main() -> int:
    """Run; the exit status."""
    # What a shell runs in the background ignores Ctrl-C. Both signals end the workers too.
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.default_int_handler)
    # The processes of the fast path run AOMA Mesh, as in tests/conftest.py.
    os.environ["MESH_SERVER"] = "mcp_app.server:create_server"
    given = _arguments()
    seed = given.seed or str(secrets.randbelow(10**9))
    if given.repeat is not None and given.parser is not None:
        return _repeat_parser(given.parser, given.repeat)
    if given.repeat is not None:
        return _repeat(inputs.load(given.repeat))
    if given.input is not None:
        return _repeat(generators.make(seed, given.input))
    return _run(given, seed)


if __name__ == "__main__":
    sys.exit(main())
