"""The tables of the benchmark."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.starts import cost
from benchmarks.starts.table import NONE, Table, number, spread
from mesh.cost.usage import billed_ms

type Results = Mapping[str, Any]
type Figures = Mapping[str, Mapping[str, float]]

FIRST = ("health", "initialize", "list", "call", "search", "answer")
WARM = ("list", "call", "modern_call", "plain_call", "search")
OTHERS = ("health", "initialize", "modern_list", "plain_list")
TITLES = {
    "modern_call": "call 2026",
    "plain_call": "/rpc call",
    "modern_list": "list 2026",
    "plain_list": "/rpc list",
}
MB = 1024 * 1024
COLUMNS = 80


def _subjects(results: Results) -> Iterator[tuple[str, Figures, Mapping[str, Any]]]:
    for one in results["subjects"].values():
        yield one["title"], one["figures"], one


def cold(results: Results) -> Table:
    """INIT and the first request of each kind."""
    kinds = [
        kind
        for kind in FIRST
        if any(f"first.{kind}.cpu" in figures for _, figures, _ in _subjects(results))
    ]
    rows = [
        (
            title,
            spread(figures.get("init.cpu")),
            *(_median(figures, f"first.{kind}.cpu") for kind in kinds),
        )
        for title, figures, _ in _subjects(results)
    ]
    return Table(
        "Cold: INIT, and then the first request, CPU ms",
        "Each request is the first of an instance of its own. After ± half of what lies between "
        "the quartiles; the requests' own spread is in the JSON.",
        ("", "INIT", *(TITLES.get(kind, kind) for kind in kinds)),
        tuple(rows),
    )


def _median(figures: Figures, figure: str) -> str:
    return number(figures[figure]["median"]) if figure in figures else NONE


def ratios(results: Results) -> Table:
    """Beside the bare handler and the usual zip."""
    rows = [
        (
            title,
            spread(one["to_bare"].get("init.cpu")),
            spread(one["to_bare"].get("cold.call.cpu")),
            spread(one["to_bare"].get("cold.search.cpu")),
            _share(one["to_usual"].get("init.cpu")),
            _share(one["to_usual"].get("cold.call.cpu")),
        )
        for title, _, one in _subjects(results)
    ]
    return Table(
        "Cold, as ratios of CPU time in the same round",
        "x: times the bare handler's INIT, or its INIT and first call. /: share of the "
        "usual FastMCP + Mangum zip's. The call is `tools/call` of a tool that does nothing.",
        ("x bare, / usual", "INIT x", "call x", "search x", "INIT /", "call /"),
        tuple(rows),
    )


def _share(one: Mapping[str, float] | None) -> str:
    return NONE if one is None else f"{one['median']:.3f}"


def clock(results: Results) -> Table:
    """The same by the clock, and memory."""
    rows = [
        (
            title,
            spread(figures.get("init.wall")),
            spread(figures.get("cold.call.wall")),
            spread(figures.get("cold.search.wall")),
            _median(figures, "memory"),
        )
        for title, figures, _ in _subjects(results)
    ]
    return Table(
        "Cold, by the clock in ms; memory in MB",
        "The request is answered after INIT and the call together. Memory is the most that was "
        "resident by then. Clock times hold what else the machine did.",
        ("", "INIT", "INIT + call", "INIT + search", "MB"),
        tuple(rows),
    )


def _warm(results: Results, kinds: tuple[str, ...], title: str, note: str) -> Table:
    rows = [
        (
            subject,
            *(
                f"{number(figures[name]['median'])}/{number(figures[name]['p99'])}"
                if (name := f"warm.{kind}.wall") in figures
                else NONE
                for kind in kinds
            ),
        )
        for subject, figures, _ in _subjects(results)
    ]
    return Table(title, note, ("", *(TITLES.get(kind, kind) for kind in kinds)), tuple(rows))


def warm(results: Results) -> Table:
    """A warm instance's answers by the clock."""
    return _warm(
        results,
        WARM,
        "Warm: p50/p99 by the clock, ms",
        "From handing the event to the runtime until its response is there, awslambdaric's and the "
        "measuring server's part included. call is of 2025-11-25, call 2026 of 2026-07-28.",
    )


def warm_others(results: Results) -> Table:
    """The same of what clients ask before they call."""
    return _warm(
        results,
        OTHERS,
        "Warm, what comes before calls: p50/p99 by the clock, ms",
        "list 2026 is tools/list of 2026-07-28; /rpc list is tools/list as plain JSON-RPC.",
    )


def warm_cpu(results: Results) -> Table:
    """A warm instance's CPU time."""
    rows = []
    for title, figures, one in _subjects(results):
        cells = []
        for kind in WARM:
            name = f"warm.{kind}.cpu"
            cells.append(_median(figures, name))
        rows.append((title, *cells, spread(one["to_bare"].get("warm.call.cpu"))))
    return Table(
        "Warm: p50 of CPU ms, and the call beside the bare handler's",
        "What the instance itself computes for an answer, awslambdaric's part included.",
        ("", *(TITLES.get(kind, kind) for kind in WARM), "x bare"),
        tuple(rows),
    )


def sizes(results: Results) -> Table:
    """Zips."""
    rows, seen = [], set()
    for title, _, one in _subjects(results):
        size = one["size"]
        key = tuple(size.values())
        if key not in seen:
            rows.append(
                (
                    title,
                    f"{size['zip_bytes'] / MB:.2f}",
                    f"{size['unzipped_bytes'] / MB:.2f}",
                    f"{size['files']:,}",
                )
            )
        seen.add(key)
    return Table(
        "Size",
        "MB of the zip and of its files. Rows that run the same zip are left out. What Lambda's "
        "runtime carries (boto3) is in none; this project's has its knowledge index.",
        ("", "zip MB", "unzipped MB", "files"),
        tuple(rows),
    )


def latencies(results: Results) -> Table:
    """How long a cold call takes with less than a processor."""
    rows = []
    for title, figures, _ in _subjects(results):
        found = figures.get("cold.call.cpu")
        cells = [
            NONE
            if found is None or memory < _needed(figures)
            else f"{billed_ms(found['median'], memory):,}"
            for memory in cost.MEMORIES_MB
        ]
        rows.append((title, *cells))
    return Table(
        "A cold tools/call by memory, ms",
        "Computed: INIT and the first call, on the share of a processor that Lambda gives for the "
        "memory. Lambda has been seen to give INIT more, which makes small ones faster than this.",
        ("memory, MB", *(f"{memory:,}" for memory in cost.MEMORIES_MB)),
        tuple(rows),
    )


def _needed(figures: Figures) -> float:
    return figures["memory"]["median"] if "memory" in figures else 0.0


def costs(results: Results) -> Table:
    """Dollars for a million calls."""
    rows = []
    for title, figures, _ in _subjects(results):
        cold_ms, warm_ms = (
            figures.get(name, {}).get("median") for name in ("cold.call.cpu", "warm.call.cpu")
        )
        cells = [
            NONE
            if cold_ms is None or warm_ms is None or memory < _needed(figures)
            else f"{cost.million_calls(cold_ms, warm_ms, memory):.2f}"
            for memory in cost.MEMORIES_MB
        ]
        rows.append((title, *cells))
    return Table(
        f"US dollars for a million calls, {cost.COLD_SHARE:.0%} of them cold",
        "Computed from measured CPU time: Lambda gives a processor's share by memory, bills each "
        "started millisecond and INIT; arm64's prices beyond the free tier. Left out: memory that "
        "the server does not fit into. The call is of the tool that does nothing.",
        ("memory, MB", *(f"{memory:,}" for memory in cost.MEMORIES_MB)),
        tuple(rows),
    )


def snap_start(results: Results, starts: int = 10_000) -> Table:
    """INIT's price and SnapStart's."""
    memories = (512, 1024)
    rows = []
    for name in ("bare", "ours", "ours-full", "usual"):
        one = results["subjects"].get(name)
        if one is not None:
            init = one["figures"]["init.cpu"]["median"]
            cells = [f"{cost.cold_starts(init, memory, starts):.3f}" for memory in memories]
            rows.append((f"INIT of {one['title']}", *cells))
    both = [cost.snap_starts(memory, starts) for memory in memories]
    rows.append(("SnapStart: restores", *(f"{restored:.3f}" for _, restored in both)))
    rows.append(("SnapStart: one snapshot", *(f"{cached:.3f}" for cached, _ in both)))
    return Table(
        f"SnapStart: US dollars a month with {starts:,} cold starts",
        "Computed, not measured: nothing here restores snapshots. A snapshot is paid as long as "
        "its version exists, restored or not; INIT is paid without SnapStart only.",
        ("memory, MB", *(f"{memory:,}" for memory in memories)),
        tuple(rows),
    )


def tools(results: Results) -> Table:
    """Growth with tools."""
    rows = [
        (
            f"{one['title']}, {one['size']:,}",
            "not built" if one["failure"] else spread(one["figures"].get("init.cpu")),
            spread(one["figures"].get("first.list.cpu")),
            spread(one["figures"].get("first.call.cpu")),
            _median(one["figures"], "memory"),
        )
        for one in results["growth"]["tools"]
    ]
    return Table(
        "With 10, 100 and 1,000 tools more, CPU ms",
        "Generated tools, ten a module. Lambda ends an INIT after 10 s.",
        ("", "INIT", "first list", "first call", "MB"),
        tuple(rows),
    )


def index(results: Results) -> Table:
    """Growth with the index."""
    rows = [
        (
            f"{one['title']}, {one['size']:,}",
            f"{one['index_bytes'] / MB:.1f}",
            spread(one["figures"].get("init.cpu")),
            spread(one["figures"].get("first.search.cpu")),
            _median(one["figures"], "warm.search.cpu"),
            _median(one["figures"], "memory"),
        )
        for one in results["growth"]["index"]
    ]
    return Table(
        "With an index of 1,000, 10,000 and 100,000 passages, CPU ms",
        "Made-up documents of English word frequencies; two rare and two other words asked.",
        ("", "index MB", "INIT", "first search", "warm search", "MB"),
        tuple(rows),
    )


def builds(results: Results) -> Table:
    """Build times."""
    one = results["builds"]
    return Table(
        "Build of the zip, seconds",
        "Cold: packages are downloaded, nothing is compiled or zipped yet. Warm: only the "
        "application and the knowledge have changed.",
        ("", "clock", "CPU"),
        (
            ("cold", *(f"{one['cold'][name] / 1000:.1f}" for name in ("wall", "cpu"))),
            ("warm", *(f"{one['warm'][name]['median'] / 1000:.1f}" for name in ("wall", "cpu"))),
        ),
    )


def instructions(results: Results) -> Table:
    """Instruction counts."""
    counts = results["instructions"]
    base = counts["bare"]
    rows = [
        (
            results["subjects"].get(name, {}).get("title", name),
            f"{one['init']:,.0f}",
            f"{one['init'] / base['init']:.2f}",
            f"{one['call']:,.0f}",
            f"{one['call'] / base['call']:.2f}",
        )
        for name, one in counts.items()
    ]
    return Table(
        "Instructions, millions",
        "Counted by valgrind: the same on a busy machine. SSM is asked without TLS here.",
        ("", "INIT", "x bare", "INIT + call", "x bare"),
        tuple(rows),
    )


def all_of(results: Results) -> list[Table]:
    """Every table that the run has figures for."""
    found = [cold(results), ratios(results), clock(results), warm(results)]
    found += [warm_others(results), warm_cpu(results)]
    found += [sizes(results), latencies(results), costs(results)]
    if "ours" in results["subjects"]:
        found.append(snap_start(results))
    growth = results.get("growth") or {}
    if growth.get("tools"):
        found.append(tools(results))
    if growth.get("index"):
        found.append(index(results))
    if results.get("builds"):
        found.append(builds(results))
    if results.get("instructions"):
        found.append(instructions(results))
    return found


def summary_line(results: Results) -> str:
    """What was measured where."""
    machine = results["machine"]
    disk = "" if machine["read_only"] else "; no mount namespaces, so the disk is not read-only"
    return (
        f"Measured {results['measured']} on {machine['system']}, {machine['processor']}, "
        f"{machine['processors']} processors, Python {machine['python'].split()[0]}; "
        f"{results['rounds']} rounds, {results['calls']} warm calls of each kind in each; "
        f"load average at the end {results['load']}{disk}."
    )


def text(results: Results) -> str:
    """The terminal's page."""
    head = textwrap.fill(summary_line(results), COLUMNS)
    return "\n\n".join([head, *(table.as_text() for table in all_of(results))])
