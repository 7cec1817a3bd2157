"""Going back: to which version, and that it answers."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.deploy.release.root import Pins
from mesh.deploy.release.trial import live_credential, live_url, smoke_test
from mesh.deploy.release.versions import Live, Version, before
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.deploy.release.target import Target
    from mesh.progress import Steps

# Move live, smoke-test it.
BACK_STEPS = 2


@dataclass(frozen=True)
class Known:
    """The versions of a deployment; `before` was live before `live`, if any was."""

    live: str
    candidate: str
    before: str | None
    versions: tuple[Version, ...]
    history: tuple[Live, ...]


def known(target: Target) -> Known:
    """Ask what there is.

    Raises:
        CommandFailedError: nothing is deployed, or AWS does not tell.
    """
    outputs = target.root.outputs()
    if "live_version" not in outputs:
        raise CommandFailedError(
            f"nothing is deployed by {target.where}: `terraform output` gives no live_version."
        )
    live = str(outputs["live_version"])
    parameter = outputs.get("live_version_parameter")
    history = target.aws.history(parameter) if parameter else []
    versions = target.aws.published(outputs["function_name"])
    there = {version.version for version in versions}
    return Known(
        live=live,
        candidate=str(outputs["candidate_version"]),
        before=before([entry for entry in history if entry.version in there], live),
        versions=tuple(versions),
        history=tuple(history),
    )


def choose(found: Known, wanted: str | None) -> str:
    """Choose the version to go back to.

    Raises:
        CommandFailedError: there is no such version, or none was live before.
    """
    numbers = [version.version for version in found.versions]
    if wanted is None:
        if found.before is None:
            raise CommandFailedError(
                f"no version is known to have been live before {found.live}. There are "
                f"{', '.join(numbers)}: name one, or look at mesh rollback --list."
            )
        return found.before
    if wanted not in numbers:
        raise CommandFailedError(
            f"there is no version {wanted}. There are {', '.join(numbers)}; "
            "mesh rollback --list says when each was live."
        )
    return wanted


def roll_back(
    target: Target, version: str, steps: Steps, deadline_seconds: float
) -> dict[str, Any]:
    """Put a published version live, and test that it answers there.

    Raises:
        GuardStoppedError: the plan guard objects.
        NotReleasedError: it does not pass; it is still live.
        CommandFailedError: Terraform failed.
    """
    outputs = target.root.outputs()
    target.aws.fetch_zip(target.root, outputs["function_name"])
    return back(target, version, steps, deadline_seconds, move_only=False)


def back(
    target: Target, version: str, steps: Steps, deadline_seconds: float, *, move_only: bool = True
) -> dict[str, Any]:
    """Put this version live and test that it answers; two steps.

    Args:
        target: the deployment.
        version: a published one.
        steps: where to show the progress.
        deadline_seconds: for the smoke test.
        move_only: stop when anything but live would change.

    Raises:
        NotReleasedError: it does not pass.
        CommandFailedError: Terraform failed, or the guard objects.
    """
    with (
        steps.step(f"put version {version} live") as step,
        tempfile.TemporaryDirectory(prefix="mesh-rollback-") as folder,
    ):
        file = Path(folder) / "back.tfplan"
        planned = target.root.planned(file, Pins.at(version), move_only=move_only)
        outputs = planned.apply()
        target.changed(outputs)
        target.aws.await_alias(outputs["function_name"], version, {})
        step.detail = f"({planned.amount})"
        auth = planned.environment().get("MESH_AUTH", "api_key")
    url = str(live_url(outputs))
    smoke_test(
        target,
        "live",
        url,
        live_credential(target, url, auth),
        outputs=outputs,
        version=version,
        deadline_seconds=deadline_seconds,
        auth=auth,
        steps=steps,
    )
    return outputs
