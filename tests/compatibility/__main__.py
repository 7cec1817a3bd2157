"""`make compatibility`: runs servers that others wrote, and writes docs/reference/compatibility.md.

FastMCP's own examples come from its source distribution, or from a checkout that you name. The
servers of the package index are installed from there. Nothing else is asked on the network, apart
from what the servers do when they are called.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from mesh.build.environment import ROOT
from tests.compatibility.cases import Case, cases, download_examples
from tests.compatibility.page import page
from tests.compatibility.trial import Result, trial

PAGE = ROOT / "docs" / "reference" / "compatibility.md"


def main() -> None:
    """Try them, print a line for each, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.compatibility", description=__doc__)
    parser.add_argument("--examples", type=Path, help="FastMCP's examples, from a checkout")
    parser.add_argument("--only", action="append", help="a server's name; may be repeated")
    parser.add_argument("--keep", type=Path, help="a file with results; what is in it is not tried")
    parser.add_argument(
        "--publish", action="store_true", help="write docs/reference/compatibility.md"
    )
    given = parser.parse_args()
    chosen = [one for one in cases() if not given.only or one.name in given.only]
    with tempfile.TemporaryDirectory(prefix="mesh-") as scratch:
        examples = given.examples
        if examples is None and any(one.example for one in chosen):
            examples = download_examples(Path(scratch) / "fastmcp")
        results = [*_results(chosen, Path(scratch), examples, given.keep)]
    if given.publish:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        PAGE.write_text(page(results, day), encoding="utf-8")
    sys.exit(not all(one.is_expected for one in results))


def _results(
    chosen: Sequence[Case], scratch: Path, examples: Path | None, keep: Path | None
) -> Iterator[Result]:
    lines = keep.read_text(encoding="utf-8").splitlines() if keep and keep.exists() else []
    kept = {one["name"]: one for one in map(json.loads, lines)}
    for number, case in enumerate(chosen):
        if case.name in kept:
            yield Result(case, **kept[case.name]["result"])
            continue
        try:
            result = trial(case, scratch / str(number), examples)
        except Exception:  # noqa: BLE001 - one more line of the table, and a failure of this run
            result = Result(case, refused=f"FAILED: {traceback.format_exc()}")
        _say(result)
        if keep:
            fields = {name: value for name, value in vars(result).items() if name != "case"}
            record = {"name": case.name, "result": fields}
            with keep.open("a", encoding="utf-8") as opened:
                opened.write(f"{json.dumps(record)}\n")
        yield result


def _say(result: Result) -> None:
    mark = "ok  " if result.is_expected else "BAD "
    if result.refused:
        said = f"refused: {result.refused}"
    else:
        said = (
            f"{len(result.fast)} of {result.tools} tools without FastMCP, INIT "
            f"{result.init_ms:.0f} ms, {result.calls} requests compared"
        )
    lines = [f"{mark}{result.case.name} {result.case.version}: {said}"]
    lines += [f"  not {name}: {reason}" for name, reason in (result.slow or {}).items()]
    lines += [f"  answered in another way: {one}" for one in result.differences]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    # Nobody watches a terminal for what a server prints while it is built.
    os.environ.setdefault("NO_COLOR", "1")
    main()
