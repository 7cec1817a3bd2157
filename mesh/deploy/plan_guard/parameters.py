"""Whether a plan writes over what people stored: keys and secrets that Terraform does not know."""

from __future__ import annotations

from collections.abc import Iterator

from mesh.deploy.plan_guard.finding import Finding
from mesh.deploy.plan_guard.plan import Change, Plan

# They are written with calls of their own; any other attribute makes the provider put the whole
# parameter, with a value that it does not have.
APART = {"tags", "tags_all"}
SECURE = "SecureString"


def rewritten(plan: Plan) -> Iterator[Finding]:
    """Find parameters that an update would write with the placeholder, or with nothing."""
    for change in plan.changes:
        changed = overwritten_by(change)
        if changed:
            yield Finding(
                change.address,
                f"written anew, because {', '.join(changed)} changes: a placeholder replaces the "
                f"keys or the secret that {change.before.get('name')} holds",
                "Put that back. If the parameter was imported, forget it (terraform state rm) and "
                "take it over with `mesh state recover`, which writes nothing.",
                is_final=True,
            )


def overwritten_by(change: Change) -> list[str]:
    """Attributes whose change makes an update write a SecureString's value; [] for none."""
    if change.type != "aws_ssm_parameter" or change.actions != ["update"]:
        return []
    if SECURE not in {change.before.get("type"), change.after.get("type")}:
        return []
    # What is known after the apply only follows from a write, and causes none.
    return sorted(
        name
        for name in {*change.before, *change.after}
        if name not in APART
        and name not in change.unknown
        and change.before.get(name) != change.after.get(name)
    )


def is_written_in_clear(change: Change) -> bool:
    """Whether the plan gives a parameter a value that plan and state show."""
    # After an import the state has one already, and the plan changes something else.
    value = change.after.get("value")
    return change.is_written and bool(value) and value != change.before.get("value")
