"""The comparison for people: a table of at most 80 columns."""

from __future__ import annotations

from mesh.cost.comparison import Comparison
from mesh.cost.usage import MILLION
from mesh.progress import wrapped

LABEL = 24
CELL = 9


def text(comparison: Comparison) -> str:
    """The table, the break-even points, and what the figures rest on."""
    bills = comparison.bills()
    names = list(dict.fromkeys(name for one in bills for name in one.lines))
    heads = [one.name.split(" ", 1) for one in bills]
    lines = [
        "US dollars a month".ljust(LABEL) + "".join(head[0].rjust(CELL) for head in heads),
        " " * LABEL + "".join(head[1].rjust(CELL) for head in heads),
        "-" * (LABEL + CELL * len(bills)),
    ]
    for name in names:
        cells = [one.lines.get(name, 0.0) for one in bills]
        if any(cells):
            lines.append(name.ljust(LABEL) + "".join(_cell(cell) for cell in cells))
    lines += [
        "-" * (LABEL + CELL * len(bills)),
        "Total".ljust(LABEL) + "".join(f"{one.total:,.2f}".rjust(CELL) for one in bills),
        "",
    ]
    mine = f"Lambda {comparison.function.architecture}"
    for service in comparison.services():
        lines.append(_meeting(mine, service.name, comparison.break_even(service.name)))
    return "\n".join([*lines, "", wrapped(_basis(comparison), "")])


def _cell(value: float) -> str:
    return ("-" if not value else f"{value:,.2f}").rjust(CELL)


def _meeting(mine: str, other: str, requests: float | None) -> str:
    if requests is None:
        return f"{other} is dearer than {mine} for any number of requests."
    if requests == 0:
        return f"{other} is cheaper than {mine} for any number of requests."
    return f"{other} is cheaper than {mine} from {amount(requests)} requests a month."


def amount(number: float) -> str:
    """A large number as people say it."""
    if number >= MILLION:
        return f"{number / MILLION:,.1f} million"
    return f"{number:,.0f}"


def _basis(comparison: Comparison) -> str:
    usage, function, prices = comparison.usage, comparison.function, comparison.prices
    free = "without" if not comparison.beside.free_tier else "after"
    return (
        f"{amount(usage.requests)} requests of {usage.duration_ms:,.0f} ms at "
        f"{function.memory_mb} MB, {usage.cold_share:.1%} of them cold with "
        f"{usage.init_ms:,.0f} ms of INIT; {usage.response_kb:g} kB of answer and "
        f"{usage.log_kb:g} kB of log each. A task "
        f"has {comparison.task.vcpu:g} vCPU and {comparison.task.memory_gb:g} GB "
        f"({comparison.task.architecture}). Prices of {prices.region}, {prices.date}, "
        f"{free} the free tier, without tax. Whether so few tasks carry the requests is not "
        "checked."
    )
