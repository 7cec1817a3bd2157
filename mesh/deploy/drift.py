"""What differs in AWS from the last apply: changed by hand, or by something else than Terraform."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mesh.deploy.plan_guard import Plan, read_plan
from mesh.deploy.plan_guard.plan import Change
from mesh.deploy.plan_guard.summary import change_table
from mesh.deploy.release.target import Target
from mesh.failure import CommandFailedError


def find(target: Target) -> tuple[Change, ...]:
    """Read everything anew, and give what has changed since the last apply.

    Neither locks nor writes, so a role that may only read can do it. The values of the
    configuration do not matter: only AWS and the state are compared.

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
        target.root.run(
            *("plan", "-refresh-only", "-input=false", "-no-color", "-lock=false"),
            *target.root.arguments,
            f"-out={file}",
        )
        plan: Plan = read_plan(file, root=target.root.folder, variables=dict(target.root.variables))
    return plan.drift


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
