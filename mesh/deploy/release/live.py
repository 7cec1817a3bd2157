"""What live is, as AWS says, beside what Terraform's state says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.deploy.release.target import Target


def live_now(target: Target, outputs: Mapping[str, Any]) -> str | None:
    """Give the version that live leads to in AWS; None before the first deployment.

    Args:
        target: the deployment.
        outputs: what Terraform's state says.

    Raises:
        CommandFailedError: AWS and the state disagree; with both, and the command for either.
    """
    recorded = outputs.get("live_version")
    if not recorded:
        return None
    found = target.aws.alias(outputs["function_name"], "live")
    if found.version != str(recorded):
        raise CommandFailedError(disagreement(target, found.version, str(recorded)))
    return found.version


def disagreement(target: Target, found: str, recorded: str) -> str:
    """Say that the alias and the state name two versions, and how to go on with either."""
    return (
        f"AWS and Terraform's state disagree about what is live in {target.where}: the alias "
        f"leads to version {found}, and the state says version {recorded}. Somebody moved the "
        "alias by other means, or a command was cut short or is still at work. Nothing was "
        "changed. Choose:\n"
        f"  version {found} stays live:  mesh rollback {found}{target.again}\n"
        f"  version {recorded} is live again:  mesh rollback {recorded}{target.again}"
    )


def refuse_moved_by_others(target: Target, found: str | None, began: str | None) -> None:
    """Refuse a plan that would move live from where somebody else has just put it.

    Another release or a rollback may have held the state's lock while this one waited.

    Args:
        target: The deployment.
        found: The version that live leads to in the plan; None before there is a live.
        began: The version that was live when this release began.

    Raises:
        CommandFailedError: they differ.
    """
    if found is not None and found != began:
        raise CommandFailedError(
            f"version {found} is live now, and version {began or 'none'} was when this release "
            f"began: somebody else released or rolled back meanwhile. Version {found} stays live. "
            f"See mesh rollback --list{target.again}."
        )
