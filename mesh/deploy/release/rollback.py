"""Going back: to which version, and that it answers."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh.deploy.release.live import disagreement
from mesh.deploy.release.root import Pins, beyond_a_move
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
    """The versions of a deployment, as AWS tells them.

    Attributes:
        live: what the alias leads to.
        candidate: what the candidate's alias leads to.
        before: what was live before that, if anything was.
        versions: all that are published, the oldest first.
        history: what was put live, in order.
        recorded: what Terraform's state says is live.
        weights: shares of live's requests that other versions have, by version.
    """

    live: str
    candidate: str
    before: str | None
    versions: tuple[Version, ...]
    history: tuple[Live, ...]
    recorded: str
    weights: Mapping[str, float] = field(default_factory=dict)


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
    function = outputs["function_name"]
    alias = target.aws.alias(function, "live")
    parameter = outputs.get("live_version_parameter")
    history = target.aws.history(parameter) if parameter else []
    versions = target.aws.published(function)
    there = {version.version for version in versions}
    return Known(
        live=alias.version,
        candidate=target.aws.alias(function, "candidate").version,
        before=before([entry for entry in history if entry.version in there], alias.version),
        versions=tuple(versions),
        history=tuple(history),
        recorded=str(outputs["live_version"]),
        weights=alias.weights,
    )


def choose(target: Target, found: Known, wanted: str | None) -> str:
    """Choose the version to go back to.

    Raises:
        CommandFailedError: there is no such version, none was live before, or it is not said
            which while AWS and the state disagree about what is live.
    """
    numbers = [version.version for version in found.versions]
    if wanted is None:
        if found.live != found.recorded:
            raise CommandFailedError(disagreement(target, found.live, found.recorded))
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
    """Put a published version live, change nothing else, and test that it answers; two steps.

    Args:
        target: the deployment.
        version: a published one.
        steps: where to show the progress.
        deadline_seconds: for the smoke test.

    Raises:
        GuardStoppedError: the plan guard objects.
        NotReleasedError: it does not pass; it is still live.
        CommandFailedError: Terraform failed.
    """
    deployed = target.root.outputs()
    function = deployed["function_name"]
    target.aws.fetch_zip(target.root, function)
    with (
        steps.step(f"put version {version} live") as step,
        tempfile.TemporaryDirectory(prefix="mesh-rollback-") as folder,
    ):
        planned = target.root.planned(Path(folder) / "back.tfplan", Pins.at(version))
        others = beyond_a_move(planned.plan)
        if others:
            # The zip and the settings here are not what is deployed. Nobody has tried or approved
            # them, and a rollback is no release.
            target.aws.move_live(function, version, deployed.get("live_version_parameter"))
            outputs = target.root.record(Pins.at(version))
            step.notes.append(f"left to the next release: {', '.join(others)}")
        else:
            outputs = planned.apply()
        target.changed(outputs)
        target.aws.await_alias(function, version, {})
        step.detail = "(only live moves)"
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


def interrupted(target: Target, wanted: str) -> str:
    """Say what is live after Ctrl-C in the middle of `roll_back`, as AWS tells it now."""
    try:
        alias = target.aws.alias(target.root.outputs()["function_name"], "live")
    except CommandFailedError as error:
        found = f"which version is live is not known: {error}"
    else:
        found = f"live is {alias}"
    return f"interrupted; {found}. To finish it: mesh rollback {wanted}{target.again}"
