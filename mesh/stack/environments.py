"""Environments: one root, a file of values and a state of its own for each.

`terraform/NAME.tfvars` has an environment's values, the object `NAME.tfstate` of the state
bucket its state, `.mesh/environments/NAME/terraform` the root set up for it; that can be
used by hand: `terraform -chdir=.mesh/environments/NAME/terraform plan -var-file=NAME.tfvars`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from mesh.failure import CommandFailedError
from mesh.stack import account, terraform
from mesh.stack.linked_root import Backend, LinkedRoot
from mesh.stack.stack import NAME, Stack

NAMED = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 20
SAYS = re.compile(r'^\s*environment\s*=\s*"([^"]*)"', re.MULTILINE)
SERVER = re.compile(r'^\s*name\s*=\s*"([^"]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    """One environment, set up.

    Attributes:
        name: such as staging.
        root: the root with its state.
        region: where it is.
    """

    name: str
    root: LinkedRoot
    region: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """For `terraform plan`."""
        return (f"-var-file={self.name}.tfvars", f"-var=region={self.region}")


def find(name: str, region: str | None = None) -> Environment:
    """Set the root up for an environment; what is set up already is not set up again.

    The bucket is TF_STATE_BUCKET, or the one that `mesh bootstrap` makes.

    Raises:
        CommandFailedError: there is no such environment, no bucket, or no way to AWS.
        TerraformFailedError: `terraform init` failed.
    """
    stack = Stack()
    server = _server(stack, name)
    terraform.require_terraform()
    here = account.find(region)
    bucket = os.environ.get("TF_STATE_BUCKET") or f"{server}-state-{here.id}"
    backend = Backend(bucket, f"{name}.tfstate", here.region)
    folder = stack.mesh / "environments" / name
    root = LinkedRoot(
        source=stack.terraform_root,
        folder=folder / "terraform",
        variables=terraform.environment() | {"AWS_REGION": here.region},
        log=stack.mesh / "logs" / f"{name}.log",
    )
    root.link()
    # Beside the root, as in the checkout: that is where the zip is looked for.
    (stack.root / "dist").mkdir(exist_ok=True)
    zips = folder / "dist"
    if not zips.is_symlink():
        zips.symlink_to(stack.root / "dist")
    _init(root, backend)
    return Environment(name, root, here.region)


def settings_file(stack: Stack, name: str, server: str, boundary: str) -> Path | None:
    """Write an environment's values, unless they are there; the file when it was written."""
    target = stack.terraform_root / f"{name}.tfvars"
    if target.exists():
        return None
    text = (
        f"# What {name} sets apart from the defaults.\n"
        f'environment          = "{name}"\npermissions_boundary = "{boundary}"\n'
    )
    if server != NAME:
        text = text.replace("\nenvironment ", f'\nname                 = "{server}"\nenvironment ')
    target.write_text(text)
    return target


def _server(stack: Stack, name: str) -> str:
    """The server's name in an environment's values, which must be of that environment."""
    if not NAMED.fullmatch(name) or len(name) > LONGEST:
        raise CommandFailedError(
            f"{name!r} is no environment's name: at most {LONGEST} lower-case letters, digits and "
            "single hyphens, a letter first."
        )
    file = stack.terraform_root / f"{name}.tfvars"
    if not file.is_file():
        known = sorted(found.stem for found in stack.terraform_root.glob("*.tfvars"))
        raise CommandFailedError(
            f"there is no {file}: write it, with at least environment = {json.dumps(name)}, or use "
            f"one that there is: {', '.join(known) or 'none'}."
        )
    text = file.read_text()
    said = SAYS.search(text)
    if said is None or said[1] != name:
        raise CommandFailedError(
            f"{file} says environment = {json.dumps(said[1] if said else None)}, so it would be "
            f"deployed with another's state: it must be {json.dumps(name)}."
        )
    server = SERVER.search(text)
    return server[1] if server else NAME


def _init(root: LinkedRoot, backend: Backend) -> None:
    made_from = hashlib.sha256(repr(backend).encode())
    made_from.update((root.source / ".terraform.lock.hcl").read_bytes())
    for module in sorted(path.name for path in (root.source / "modules").iterdir()):
        made_from.update(module.encode())
    stamp = root.folder / "initialised"
    if stamp.is_file() and stamp.read_text() == made_from.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    root.init(backend)
    stamp.write_text(made_from.hexdigest())
