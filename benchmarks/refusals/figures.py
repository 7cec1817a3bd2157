"""What was measured, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.refusals.bodies import MB
from benchmarks.starts.table import Table, number

# Of a body that is accepted.
LIMIT_MS_PER_MB = 15.0
# A refusal may seem to grow by these, on a machine that does something else too.
NOISE_RATIO, NOISE_MS = 2.0, 0.05
# Of requests that differ by their head, not by their body.
HEADS = "heads"
# Below this, what a request costs without a body hides the body's cost.
LEAST_BYTES = MB
ALL_RIGHT = (
    "All within the limits: no refusal grew with the body, and no body cost more than\n"
    f"{LIMIT_MS_PER_MB:g} ms per MB."
)

type Measured = Sequence[Mapping[str, Any]]


def by_group(measured: Measured) -> dict[str, list[Mapping[str, Any]]]:
    """What is compared with one another."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in measured:
        groups[one["group"]].append(one)
    return dict(groups)


def with_bases(measured: Measured) -> list[dict[str, Any]]:
    """The same, each with what its request costs without a body."""
    empty = {
        name: min(one["ms"] for one in group if not one["size"])
        for name, group in by_group(measured).items()
    }
    return [{**one, "base": empty[one["group"]]} for one in measured]


def grown(measured: Measured) -> list[int]:
    """Places of refusals that cost more, for their body, than noise explains."""
    return [
        at
        for at, one in enumerate(measured)
        if one["ms"] > one["base"] * NOISE_RATIO + NOISE_MS and one["group"] != HEADS
    ]


def per_mb(measured: Measured) -> dict[str, dict[str, float]]:
    """By shape and group, what a megabyte costs beyond the request itself: of all sizes the most.

    The group `json.loads` is what the bare parser takes.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for one in measured:
        if one["size"] < LEAST_BYTES:
            continue
        megabytes = one["bytes"] / MB
        values = {one["group"]: (one["ms"] - one["base"]) / megabytes}
        if one["loads"] is not None:
            values["json.loads"] = one["loads"] / megabytes
        for name, value in values.items():
            found[one["shape"]][name] = max(value, found[one["shape"]].get(name, 0.0))
    return dict(found)


def too_dear(measured: Measured) -> list[int]:
    """Places of bodies that cost more than the limit."""
    return [
        at
        for at, one in enumerate(measured)
        if one["size"] >= LEAST_BYTES
        and one["ms"] - one["base"] > LIMIT_MS_PER_MB * one["bytes"] / MB
    ]


def refusal_table(results: Mapping[str, Any]) -> Table:
    """For each deployment, of what is refused and of what is public: the least and the most."""
    rows = []
    for deployment, one in results.items():
        kinds: dict[str, list[float]] = {"refused": [], "GET /health": [], "GET /": []}
        for case in one["refusals"]:
            route = case["group"].partition(",")[0]
            if route != HEADS:
                kinds[route if route in kinds else "refused"].append(float(case["ms"]))
        rows += [
            (f"{deployment}: {kind}", number(min(costs)), number(max(costs)))
            for kind, costs in kinds.items()
            if costs
        ]
    return Table(
        "Refusals and public routes, ms of CPU",
        "The lowest and the highest figure of all requests: bodies of every shape from 0 B to "
        "6 MB, every protected route, no credential and a wrong one.",
        ("", "least", "most"),
        tuple(rows),
    )


def head_table(results: Mapping[str, Any], way: str) -> Table:
    """What else a stranger may choose, of the deployments that answer in this way."""
    names = [name for name in results if name.startswith(way)]
    heads = [by_group(results[name]["refusals"])[HEADS] for name in names]
    rows = [
        (group[0]["body"], *(number(one["ms"]) for one in group))
        for group in zip(*heads, strict=True)
    ]
    return Table(
        f"POST /mcp without a credential, {way} way, ms of CPU",
        "By what else a stranger may choose. Headers, path, cookies and query together have about "
        "10 KB at the most on Lambda.",
        ("", *names),
        tuple(rows),
    )


def accepted_table(found: Mapping[str, Mapping[str, float]], name: str) -> Table:
    """What a megabyte costs, by shape."""
    groups = ("json.loads", "/mcp ping", "/rpc ping", "/mcp call", "/rpc call")
    rows = [
        (shape, *(number(max(0.0, one.get(group, 0.0))) for group in groups))
        for shape, one in found.items()
    ]
    return Table(
        f"Bodies of callers who may come in, {name} way, ms of CPU per MB",
        "The cost of the same request with an empty value is subtracted. Each figure is the "
        "highest of 1, 4 and 6 MB. Bodies that are beyond a limit or not valid JSON are refused "
        "after they were read.",
        ("", *groups),
        tuple(rows),
    )
