"""`python -m benchmarks.starts`: measures, prints tables, keeps JSON and plots."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.starts import budget, builds, growth, instructions, page, results, tables, trees
from benchmarks.starts.instance import BenchmarkError
from benchmarks.starts.measuring import rounds
from benchmarks.starts.services import Services, services
from benchmarks.starts.subjects import Subjects
from mesh.build import BuildError
from mesh.build.environment import ROOT
from mesh.local_aws.instances.sandbox import Sandbox, probe_namespaces, write_language

OUTPUT = ROOT / ".mesh" / "benchmarks"
GROWING = ("ours", "ours-full", "usual")
WARM_BUILDS = 3


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(
        prog="python -m benchmarks.starts",
        description="Measure cold starts and warm calls of this server and of others.",
    )
    options.add_argument("--rounds", type=int, default=10, help="of all subjects (default: 10)")
    options.add_argument(
        "--calls", type=int, default=40, help="of each kind, warm, in a round (default: 40)"
    )
    options.add_argument(
        "--minutes", type=float, default=30, help="begin no round after these (default: 30)"
    )
    options.add_argument("--only", help="subjects, with commas between (default: all)")
    options.add_argument("--growth-rounds", type=int, default=3, help="0 for none (default: 3)")
    options.add_argument("--no-supabase", action="store_true", help="without that backend")
    options.add_argument("--no-builds", action="store_true", help="without build times")
    options.add_argument("--no-instructions", action="store_true", help="without valgrind")
    options.add_argument(
        "--output", type=Path, default=OUTPUT, help="folder for JSON and plots (.mesh/benchmarks)"
    )
    options.add_argument(
        "--publish",
        action="store_true",
        help="put the figures into docs/explanation/performance.md too",
    )
    commands = options.add_subparsers(dest="command", metavar="COMMAND")
    show = commands.add_parser("show", help="print the tables of a run")
    show.add_argument("file", type=Path, nargs="?", default=OUTPUT / "starts.json")
    publish = commands.add_parser(
        "publish", help="put a run's figures into docs/explanation/performance.md"
    )
    publish.add_argument("file", type=Path, nargs="?", default=OUTPUT / "starts.json")
    commands.add_parser("budget", help="count instructions, and make them the budget")
    return options


def progress(step: str) -> None:
    """Say what is done, where it does not mix with the result."""
    print(f"  {step}", file=sys.stderr, flush=True)


def new_sandbox() -> Sandbox:
    """How this machine starts instances."""
    reason = probe_namespaces()
    if reason is not None:
        progress(f"no mount namespaces here ({reason}): the disk is not read-only")
    return Sandbox(
        runtime=trees.runtime(),
        language=write_language(trees.FOLDER / "language"),
        namespaces=reason is None,
    )


async def run(
    asked: argparse.Namespace, beside: Services, say: Callable[[str], None] = progress
) -> dict[str, Any]:
    """Measure what the options ask for.

    Raises:
        BenchmarkError: a subject does not start, or answers wrongly.
    """
    sandbox = new_sandbox()
    subjects = Subjects(beside)
    if beside.missing and not asked.no_supabase:
        say(f"without Supabase: {beside.missing}")
    names: Sequence[str] = asked.only.split(",") if asked.only else subjects.names
    unknown = [name for name in names if name not in subjects.known]
    if unknown:
        raise BenchmarkError(
            f"there is no subject {', '.join(unknown)}; there are {', '.join(subjects.known)}"
        )
    chosen = []
    for name in names:
        say(f"making {name}")
        chosen.append(subjects.make(name))
    measured = await rounds(
        chosen,
        sandbox,
        count=asked.rounds,
        calls=asked.calls,
        minutes=asked.minutes,
        progress=say,
    )
    found: dict[str, Any] = {"subjects": results.of_subjects(chosen, measured)}
    growing = [name for name in GROWING if name in names]
    if asked.growth_rounds and growing:
        found["growth"] = await _grown(asked, subjects, growing, sandbox, say)
    if not asked.no_builds:
        found["builds"] = results.of_builds(*builds.measure(warm=WARM_BUILDS, progress=say))
    if not asked.no_instructions and {*budget.SUBJECTS} <= {*names}:
        reason = instructions.missing()
        say(reason or "counting instructions")
        if reason is None:
            found["instructions"] = await budget.counts(beside, subjects)
    top = results.head(measured, calls=asked.calls, namespaces=sandbox.namespaces)
    return top | found


async def _grown(
    asked: argparse.Namespace,
    subjects: Subjects,
    names: Sequence[str],
    sandbox: Sandbox,
    say: Callable[[str], None],
) -> dict[str, Any]:
    say("making trees of more tools and larger indexes")
    ours = [name for name in names if name.startswith("ours")]
    tools = list(growth.with_tools(subjects, names, growth.TOOLS))
    index = list(growth.with_passages(subjects, ours, growth.PASSAGES))
    found = {}
    for name, grown in (("tools", tools), ("index", index)):
        samples = await growth.measure(grown, sandbox, rounds=asked.growth_rounds, progress=say)
        found[name] = results.of_growth(samples)
    return found


def renew() -> None:
    """Count instructions, and write the budget.

    Raises:
        BenchmarkError: they cannot be counted here.
    """
    reason = instructions.missing()
    if reason is not None:
        raise BenchmarkError(reason)
    with services(with_supabase=False) as beside:
        found = asyncio.run(budget.counts(beside, Subjects(beside)))
    budget.write(found)
    print(json.dumps(budget.ratios(found), indent=2))


def main(given: Sequence[str] | None = None) -> int:
    """Do what the options say; gives the exit status."""
    asked = parser().parse_args(given)
    try:
        if asked.command in {"show", "publish"}:
            kept = json.loads(asked.file.read_text())
            if asked.command == "publish":
                page.publish(kept)
            else:
                print(tables.text(kept))
            return 0
        if asked.command == "budget":
            renew()
            return 0
        with services(with_supabase=not asked.no_supabase) as beside:
            found = asyncio.run(run(asked, beside))
        page.save(found, asked.output)
        if asked.publish:
            page.publish(found)
        print(tables.text(found))
        print(f"\nAll figures and plots: {asked.output}")
    except (BenchmarkError, BuildError, OSError, ValueError) as error:
        print(f"benchmarks.starts: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
