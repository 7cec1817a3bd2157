"""A plan in short, as Markdown: for a run's summary, a pull request or an issue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mesh.deploy.plan_guard.finding import Verdict
from mesh.deploy.plan_guard.plan import Change, Plan

# Most plans fit; the whole plan has the rest.
SHOWN = 50


def markdown(plan: Plan, verdict: Verdict, title: str) -> str:
    """What a plan does, what somebody changed by other means, and what the guard says.

    Names of resources and attributes only: no value, for a value may be a secret.
    """
    lines = [f"## {title}", "", f"**Plan:** {_amount(plan)}", ""]
    if plan.effects:
        lines += [*change_table(plan.effects), ""]
    drift = drift_of(plan)
    if drift:
        lines += [
            (
                "**Drift:** changed since the last apply, by something else than Terraform. The "
                "plan puts it back."
            ),
            "",
            *change_table(drift),
            "",
        ]
    lines += ["**Guard:** nothing to object"] if verdict.ok else ["**Guard:** stopped", ""]
    lines += [f"- STOP `{one.address}`: {one.problem}. {one.remedy}" for one in verdict.stops]
    lines += [f"- allowed `{one.address}`: {one.problem}" for one in verdict.allowed]
    return "\n".join([*lines, ""])


def _amount(plan: Plan) -> str:
    counts = Counter(_action(change) for change in plan.effects)
    return ", ".join(f"{count} to {action}" for action, count in sorted(counts.items())) or (
        "no changes"
    )


def drift_of(plan: Plan) -> tuple[Change, ...]:
    """What drifted and would be put back; Terraform lists what it only read again, too."""
    planned = {change.address for change in plan.effects}
    return tuple(change for change in plan.drift if change.address in planned)


def change_table(changes: tuple[Change, ...]) -> Iterator[str]:
    """A row for each change, with the names of the attributes that differ."""
    yield from ("| Change | Resource | Attributes |", "|---|---|---|")
    for change in changes[:SHOWN]:
        yield f"| {_action(change)} | `{change.address}` | {_attributes(change)} |"
    if len(changes) > SHOWN:
        yield f"| | and {len(changes) - SHOWN} more | |"


def _action(change: Change) -> str:
    return "replace" if change.is_replaced else "and ".join(change.actions)


def _attributes(change: Change) -> str:
    """The attributes that an update changes."""
    if "update" not in change.actions and not change.is_replaced:
        return ""
    names = sorted(
        name
        for name in change.before.keys() | change.after.keys() | change.unknown.keys()
        if change.changes(name)
    )
    return ", ".join(f"`{name}`" for name in names)
