"""`python -m benchmarks.saves`: from a save to its answer at the address, under `mesh dev`.

Each server is copied into a folder of its own and brought up there by `mesh dev`, as a user would.
Then a file of it is saved again and again, each time with another line in a tool's description, and
the address is asked for its tools until the answer has that line. Between the saves, a bare Python
imports FastMCP, as any server without Mesh does when it starts: what else the machine does slows
both.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from mesh.build.environment import ROOT
from mesh.installation import BIN

PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- saves: begin -->", "<!-- saves: end -->"
ROUNDS = 20
TARGET_SECONDS = 1.5
ANSWER_SECONDS = 60.0
POLL_SECONDS = 0.02
# The first description of a function; a mark that an earlier save left is replaced.
DESCRIPTION = re.compile(
    r'(^(?:async )?def [^\n]*(?:\n[^\n]+)*?:\n    """)(?:save-\d+ )?', re.MULTILINE
)
VARIABLE = re.compile(r"^(\w+)='?(.*?)'?$", re.MULTILINE)


@dataclass(frozen=True)
class Subject:
    """A server that is saved.

    Attributes:
        name: On the command line and in the table.
        source: A folder of this repository that is copied; empty for a clone of all of it.
        file: What is saved; its first description is changed.
    """

    name: str
    source: str
    file: str

    def put(self, folder: Path) -> None:
        """Make the folder that `mesh dev` runs in."""
        if self.source:
            shutil.copytree(ROOT / self.source, folder, ignore=shutil.ignore_patterns(".mesh"))
        else:
            clone = ("git", "clone", "--quiet", "--shared", str(ROOT), str(folder))
            subprocess.run(clone, check=True)


SUBJECTS = (
    Subject("hello", "examples/hello", "server.py"),
    Subject("aoma-mesh", "", "mcp_app/tools/system.py"),
)


class BenchmarkError(Exception):
    """A server did not come up, or a save did not become live."""


@contextmanager
def live(folder: Path) -> Iterator[Mapping[str, str]]:
    """`mesh dev` in a folder, once each save is live; gives the variables of its `local.env`.

    Raises:
        BenchmarkError: It ended before.
    """
    # The machine's own settings for Terraform and packages stay; a deployment's do not.
    variables = {key: value for key, value in os.environ.items() if not key.startswith("MESH_")}
    # Not in the folder: each line there would be a save.
    log = folder.with_suffix(".log")
    with log.open("w") as said:
        running = subprocess.Popen(
            [BIN / "mesh", "dev"],
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=variables | {"PYTHONUNBUFFERED": "1"},
        )
    try:
        while "Each save is live" not in log.read_text():
            if running.poll() is not None:
                raise BenchmarkError(f"mesh dev ended: {log.read_text()[-2000:]}")
            time.sleep(POLL_SECONDS)
        yield dict(VARIABLE.findall((folder / ".mesh" / "local.env").read_text()))
    finally:
        # In the background of a shell, a process takes no notice of SIGINT.
        running.terminate()
        running.wait()
        subprocess.run(
            [BIN / "mesh", "down"], check=False, cwd=folder, env=variables, capture_output=True
        )


def saved(file: Path, mark: str, there: Mapping[str, str], client: httpx.Client) -> float:
    """Seconds from a save until the server's list of tools has a mark.

    Raises:
        BenchmarkError: It does not have it in time.
    """
    file.write_text(DESCRIPTION.sub(rf"\g<1>{mark} ", file.read_text(), count=1))
    started = time.monotonic()
    while time.monotonic() - started < ANSWER_SECONDS:
        answer = client.post(
            f"{there['MESH_URL']}rpc",
            json={"method": "tools/list"},
            headers={"Authorization": f"Bearer {there['MESH_API_KEY']}"},
        )
        if f"{mark} " in answer.text:
            return time.monotonic() - started
        time.sleep(POLL_SECONDS)
    raise BenchmarkError(f"{mark} is not live after {ANSWER_SECONDS:.0f} s: {answer.text[:500]}")


def bare_import() -> float:
    """Seconds that a new Python takes to import FastMCP."""
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import fastmcp"], check=True)
    return time.monotonic() - started


def measured(subject: Subject, rounds: int) -> dict[str, list[float]]:
    """Seconds of each save and of each bare import, in turns."""
    figures: dict[str, list[float]] = {"save": [], "import": []}
    with tempfile.TemporaryDirectory(prefix="mesh-") as scratch:
        folder = Path(scratch) / "server"
        subject.put(folder)
        with live(folder) as there, httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as client:
            for number in range(rounds + 1):
                seconds = saved(folder / subject.file, f"save-{number}", there, client)
                # The first one also makes the clients of AWS.
                if number:
                    figures["save"].append(seconds)
                    figures["import"].append(bare_import())
    return figures


def table(results: Mapping[str, Mapping[str, list[float]]], rounds: int) -> str:
    """What is shown, in Markdown."""
    head = f"Seconds from a save to its answer, of {rounds} saves, and of a bare "
    rows = [
        f"{head}`python -c 'import fastmcp'` in the same run.\n",
        "| Server | p50 | p90 | longest | bare import, p50 | p50 / bare |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, one in results.items():
        half, most = statistics.median(one["save"]), statistics.quantiles(one["save"], n=10)[-1]
        bare = statistics.median(one["import"])
        rows.append(
            f"| {name} | {half:.2f} | {most:.2f} | {max(one['save']):.2f} | {bare:.2f} | "
            f"{half / bare:.2f} |"
        )
    return "\n".join(rows)


def main() -> int:
    """Measure; 1 where a server does not come up."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.saves", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS, help="saves of each server")
    options.add_argument("--only", choices=[one.name for one in SUBJECTS], help="one server")
    options.add_argument("--publish", action="store_true", help=f"put the table into {PAGE.name}")
    given = options.parse_args()
    results = {}
    try:
        for subject in SUBJECTS:
            if given.only in {None, subject.name}:
                print(f"measuring {subject.name}", file=sys.stderr)
                results[subject.name] = measured(subject, given.rounds)
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    shown = table(results, given.rounds)
    print(shown)
    if given.publish:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        PAGE.write_text(f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
