"""`python -m benchmarks.refusals`: measures, prints tables, and fails where a limit is broken."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.refusals import figures
from benchmarks.refusals.cases import Case, Deployment, accepted, deployments, refusals
from benchmarks.starts import trees
from benchmarks.starts.services import services
from mesh.build import BuildError
from mesh.build.environment import ROOT

PAGE = ROOT / "docs" / "explanation" / "access-control.md"
BEGIN, END = "<!-- refusals: begin -->", "<!-- refusals: end -->"
WORKER = Path(__file__).with_name("worker.py")
BODIES = Path(__file__).with_name("bodies.py")
PROCESS_SECONDS = 900
# Measured first, and where something seems wrong: runs of a case, and when there are no more.
FIRST, AGAIN = {"times": 3, "seconds": 0.1}, {"times": 30, "seconds": 0.5}
# Their bodies are read by the same code as those of the others.
READING = ("fast", "full")


class BenchmarkError(Exception):
    """The handler could not be measured; the message has the end of what it said."""


def measured(
    deployment: Deployment, cases: Sequence[Case], effort: Mapping[str, float]
) -> list[dict[str, Any]]:
    """The cases with their figures, taken in a new process."""
    program = deployment.program
    given = {"environment": dict(program.environment), "cases": cases, **effort}
    done = subprocess.run(
        (sys.executable, "-I", "-S", "-B", str(WORKER), str(program.tree), str(BODIES)),
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=PROCESS_SECONDS,
        env={"HOME": "/tmp", "PYTHONHASHSEED": "0"},
    )
    if done.returncode:
        raise BenchmarkError(f"{deployment.name}: {done.stderr[-2000:]}")
    lines = json.loads(done.stdout.splitlines()[-1])
    return [{**case, **line} for case, line in zip(cases, lines, strict=True)]


def settled(
    deployment: Deployment,
    cases: Sequence[Case],
    wrong: Callable[[Sequence[Mapping[str, Any]]], list[int]],
) -> list[dict[str, Any]]:
    """The cases with their figures; what seems wrong is measured again, with more patience.

    Each then stands beside the same request without a body: a machine that is slower for a
    while is slower for both.
    """
    found = figures.with_bases(measured(deployment, cases, FIRST))
    doubtful = wrong(found)
    if not doubtful:
        return found
    pairs = [
        one
        for at in doubtful
        for one in ({**cases[at], "shape": "plain text", "size": 0}, cases[at])
    ]
    again = measured(deployment, pairs, AGAIN)
    for at, base, one in zip(doubtful, again[::2], again[1::2], strict=True):
        found[at] = {**one, "base": base["ms"]}
    return found


def failures(results: Mapping[str, Any]) -> list[str]:
    """What breaks a limit, a line each."""
    said = []
    for name, one in results.items():
        for kind, wrong in (("refusals", figures.grown), ("accepted", figures.too_dear)):
            said += [
                f"{name}, {case['group']}, {case['shape']}, {case['body']}: {case['ms']:.2f} ms, "
                f"and {case['base']:.2f} ms without a body"
                for case in (one[kind][at] for at in wrong(one[kind]))
            ]
    return said


def tables(results: Mapping[str, Any]) -> list[Any]:
    """All of them."""
    return [
        figures.refusal_table(results),
        *(figures.head_table(results, way) for way in READING),
        *(
            figures.accepted_table(figures.per_mb(results[name]["accepted"]), name)
            for name in READING
        ),
    ]


def with_figures(page: str, results: Mapping[str, Any]) -> str:
    """The page with these figures.

    Raises:
        ValueError: The page lacks a mark.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/explanation/access-control.md lacks {BEGIN} or {END}")
    shown = "\n\n".join(table.as_markdown() for table in tables(results))
    return f"{before}{BEGIN}\n\n{shown}\n\n{END}{after}"


def main() -> int:
    """Measure; 1 where a limit is broken."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.refusals", description=__doc__)
    options.add_argument(
        "--publish",
        action="store_true",
        help="put the figures into docs/explanation/access-control.md, if all are within limits",
    )
    publish = options.parse_args().publish
    results: dict[str, Any] = {}
    try:
        tree = trees.ours()
        with services(with_supabase=False) as running:
            for deployment in deployments(running, tree):
                print(f"measuring {deployment.name}", file=sys.stderr)
                reads = deployment.name in READING
                results[deployment.name] = {
                    "refusals": settled(deployment, refusals(deployment), figures.grown),
                    "accepted": settled(deployment, accepted(deployment), figures.too_dear)
                    if reads
                    else [],
                }
    except (BenchmarkError, BuildError) as error:
        print(error, file=sys.stderr)
        return 1
    print("\n\n".join(table.as_text() for table in tables(results)))
    wrong = failures(results)
    print("\n".join(["", *wrong]) if wrong else f"\n{figures.ALL_RIGHT}")
    if publish and not wrong:
        PAGE.write_text(with_figures(PAGE.read_text(), results))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
