"""docs/reference/compatibility.md, from the results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.compatibility.trial import Result

HEAD = """\
# Servers that others wrote

`make compatibility PUBLISH=1` writes this page. It takes FastMCP's own examples and servers from
PyPI, unmodified, each in a folder of its own: an example as it is, or a `requirements.txt` that
names the package and a `mesh.toml` with the setting `server`. It builds each as `mesh up` does,
unpacks the zip and asks it twice, with the fast path and without it. Then it asks FastMCP alone,
in a process without Mesh. The answers to the lists, to calls that do not fit, and to a few harmless
calls must be the same, byte for byte. Where Mesh explains an error in its own words, FastMCP must
answer with an error, too.

Of {day}, with FastMCP {fastmcp}: {run} of {all} run, {refused} are refused, {wrong} answer in
another way. "Without FastMCP" counts the tools that the [fast path](../explanation/fast-path.md)
calls; FastMCP answers for the others. INIT is CPU time in milliseconds, on the machine that wrote
this page.
"""


def page(results: Sequence[Result], day: str) -> str:
    """The whole page.

    Args:
        results: One of each server.
        day: Today, as ISO 8601 writes it.
    """
    run = [one for one in results if not one.refused]
    fastmcp = next(one.case.version for one in results if one.case.example)
    head = HEAD.format(
        day=day,
        fastmcp=fastmcp,
        run=len(run),
        all=len(results),
        refused=len(results) - len(run),
        wrong=sum(bool(one.differences) for one in run),
    )
    return "\n".join([head, *_runs(run), *_refusals(results)]) + "\n"


def _runs(results: Sequence[Result]) -> Iterator[str]:
    yield "## These run\n"
    yield "| Server | Version | Tools | Without FastMCP | INIT | Requests compared | Why FastMCP |"
    yield "|---|---|---|---|---|---|---|"
    for one in results:
        reasons = dict.fromkeys((one.slow or {}).values())
        why = "; ".join(_cell(reason) for reason in reasons)
        yield (
            f"| {one.case.name} | {one.case.version} | {one.tools} | {len(one.fast)} | "
            f"{one.init_ms:.0f} | {one.calls} | {why} |"
        )


def _refusals(results: Sequence[Result]) -> Iterator[str]:
    yield "\n## The build refuses these\n"
    yield "| Server | Version | What the author reads |"
    yield "|---|---|---|"
    for one in results:
        if one.refused:
            yield f"| {one.case.name} | {one.case.version} | {_cell(one.refused)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
