"""The end of an environment."""

from __future__ import annotations

from mesh.deploy.release.root_copy import unprotected
from mesh.deploy.release.target import Target


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
    with unprotected(target.root.files) as copy:
        root = target.root.at(copy)
        root.run("destroy", "-auto-approve", "-input=false", "-no-color", *root.arguments)
    return True
