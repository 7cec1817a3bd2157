"""What somebody changed in AWS by other means since the last apply, and the next one puts back."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mesh.deploy.plan_guard import read_plan
from mesh.deploy.plan_guard.plan import Change
from mesh.deploy.plan_guard.summary import change_table, drift_of
from mesh.deploy.release.root import Pins
from mesh.deploy.release.target import Target
from mesh.failure import CommandFailedError

# For the arguments of a target: whoever only looks writes nothing, no lock either.
UNLOCKED = "-lock=false"


def find(target: Target) -> tuple[Change, ...]:
    """Plan with what is deployed and live, and give what drifted.

    Changes nothing, so a role that may only read can do it. What the configuration would change
    by itself is no drift.

    Raises:
        CommandFailedError: nothing is deployed, or AWS cannot be read.
    """
    outputs = target.root.outputs()
    if "function_name" not in outputs:
        raise CommandFailedError(f"nothing is deployed by {target.where}.")
    # The configuration reads the zip's digest.
    target.aws.fetch_zip(target.root, outputs["function_name"])
    with tempfile.TemporaryDirectory(prefix="mesh-drift-") as folder:
        file = Path(folder) / "drift.tfplan"
        target.root.save(file, Pins.at(str(outputs["live_version"])))
        plan = read_plan(file, root=target.root.folder, variables=dict(target.root.variables))
    return drift_of(plan)


def markdown(changes: tuple[Change, ...], where: str) -> str:
    """A report for an issue; names of resources and attributes only, for a value may be secret."""
    if not changes:
        return f"No drift in {where}.\n"
    return "\n".join(
        [
            f"Somebody changed {where} by something else than Terraform since the last apply.",
            "",
            *change_table(changes),
            "",
            (
                "The plan of the next release shows this, and the release puts it back. To keep a "
                "change, write it into the environment's file of values first."
            ),
            "",
        ]
    )
