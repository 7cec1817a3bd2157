"""The end of an environment."""

from __future__ import annotations

from mesh.deploy.release.target import Target

LOCK_TIMEOUT = "-lock-timeout=10m"


def destroy(target: Target) -> bool:
    """Destroy everything of a deployment; False where nothing is deployed.

    Raises:
        CommandFailedError: Terraform failed.
    """
    outputs = target.root.outputs()
    if "function_name" not in outputs:
        return False
    # The configuration reads the zip's digest.
    target.aws.fetch_zip(target.root, outputs["function_name"])
    target.root.run(
        "destroy",
        *("-auto-approve", "-input=false", "-no-color", LOCK_TIMEOUT),
        *target.root.arguments,
    )
    return True
