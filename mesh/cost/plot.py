"""The cost by requests as a picture, with the points where Fargate becomes cheaper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mesh.cost.comparison import Comparison
from mesh.cost.table import amount
from mesh.failure import CommandFailedError

POINTS = 200
MINE, OTHERS = ("#2f81f7", "#1b4f8f"), ("#8b949e", "#d29922", "#cf222e", "#8250df")
FORMATS = {".svg", ".png", ".pdf"}


def draw(comparison: Comparison, file: Path) -> None:
    """Write the picture.

    Args:
        comparison: What to draw.
        file: Where to, ending in .svg, .png or .pdf.

    Raises:
        CommandFailedError: matplotlib is not installed, or the ending is another.
    """
    if file.suffix not in FORMATS:
        raise CommandFailedError(f"{file} has no format of a picture: end it with .svg or .png.")
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - only pictures need it
        from matplotlib.figure import Figure  # noqa: PLC0415 - as above
    except ImportError as error:
        raise CommandFailedError("--plot needs matplotlib: pip install matplotlib") from error
    with rc_context({"svg.hashsalt": "mesh", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        _lines(figure.subplots(), comparison)
        metadata = {"Date": None, "Creator": None} if file.suffix == ".svg" else None
        try:
            figure.savefig(file, metadata=metadata, dpi=120)
        except OSError as error:
            raise CommandFailedError(f"{file} cannot be written: {error.strerror}.") from error


def _lines(axes: Any, comparison: Comparison) -> None:
    points = {
        service.name: found
        for service in comparison.services()
        if (found := comparison.break_even(service.name))
    }
    last = 1.3 * max([comparison.usage.requests, *points.values()])
    requests = [last * step / POINTS for step in range(POINTS + 1)]
    months = [comparison.bills(one) for one in requests]
    colors = (*MINE, *OTHERS)
    for number, bill in enumerate(months[0]):
        axes.plot(
            [one / 1e6 for one in requests],
            [month[number].total for month in months],
            color=colors[number],
            linewidth=2 if number < len(MINE) else 1.5,
            linestyle="--" if number == 1 else "-",
            label=bill.name,
        )
    for name, found in points.items():
        total = next(one.total for one in comparison.bills(found) if one.name == name)
        axes.plot([found / 1e6], [total], "o", color="black", markersize=5, zorder=3)
        axes.annotate(
            amount(found),
            (found / 1e6, total),
            xytext=(7, -13),
            textcoords="offset points",
            ha="left",
            fontsize=9,
        )
    axes.set_xlabel("million requests a month")
    axes.set_ylabel("US dollars a month")
    axes.set_title(
        f"Cost of {comparison.usage.duration_ms:,.0f} ms at {comparison.function.memory_mb} MB; "
        "dots: Fargate becomes cheaper",
        loc="left",
    )
    axes.set_xlim(0, last / 1e6)
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, color="#8888883f")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=9)
