"""Environments: one root, a file of values and a state of its own for each.

`NAME.tfvars` in the server's folder has an environment's values; for the server of this checkout
it is in `terraform/`. The object `NAME.tfstate` of the state bucket is its state, and
`.mesh/environments/NAME/terraform` the root set up for it. That can be used by hand:
`terraform -chdir=.mesh/environments/NAME/terraform plan -var-file=NAME.tfvars`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import ClientError

from mesh.failure import CommandFailedError
from mesh.settings import settings
from mesh.stack import account, terraform
from mesh.stack.linked_root import Backend, LinkedRoot
from mesh.stack.lookup import server_of, stack_of
from mesh.stack.stack import Stack

NAMED = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 20
ARCHITECTURE = re.compile(r'^\s*architecture\s*=\s*"([^"]*)"', re.MULTILINE)
SAYS = re.compile(r'^\s*environment\s*=\s*"([^"]*)"', re.MULTILINE)
SERVER = re.compile(r'^\s*name\s*=\s*"([^"]*)"', re.MULTILINE)


@dataclass(frozen=True)
class Environment:
    """One environment, set up.

    Attributes:
        name: such as staging.
        root: the root with its state.
        region: where it is.
        server: part of the name of all that is deployed.
        backend: where its state is.
        has_values: whether there is a file of values.
    """

    name: str
    root: LinkedRoot
    region: str
    server: str
    backend: Backend
    has_values: bool

    @property
    def arguments(self) -> tuple[str, ...]:
        """For `terraform plan`."""
        values = [f"-var-file={self.name}.tfvars"] if self.has_values else []
        return (
            f"-var=name={self.server}",
            f"-var=environment={self.name}",
            *values,
            f"-var=region={self.region}",
        )


def find(name: str, region: str | None = None, given: str | None = None) -> Environment:
    """Set the root up for an environment; what is set up already is not set up again.

    The bucket is TF_STATE_BUCKET, or the one that `mesh bootstrap` makes.

    Args:
        name: The environment.
        region: Where it is; AWS_REGION or the profile's when None.
        given: The server's file or folder, as for `mesh up`.

    Raises:
        CommandFailedError: there is no such environment, no bucket, or no way to AWS.
        TerraformFailedError: `terraform init` failed.
    """
    location = server_of(given)
    stack = stack_of(location)
    server = _server(stack, name, settings(location).name)
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
    values = stack.values_of(name)
    if not stack.is_checkout and values.is_file():
        (root.folder / values.name).symlink_to(values)
    # Beside the root, as in the checkout: that is where the zip is looked for.
    made = stack.zip_of("arm64").parent
    made.mkdir(parents=True, exist_ok=True)
    zips = folder / "dist"
    if not zips.is_symlink():
        zips.symlink_to(made)
    _init(root, backend, here)
    return Environment(name, root, here.region, server, backend, values.is_file())


def check_name(name: str) -> None:
    """Refuse what cannot be an environment's name.

    Raises:
        CommandFailedError: it cannot be one.
    """
    if not NAMED.fullmatch(name) or len(name) > LONGEST:
        raise CommandFailedError(
            f"{name!r} cannot be an environment's name. Use at most {LONGEST} lower-case "
            "letters, digits and single hyphens, and begin with a letter."
        )


def architecture_of(stack: Stack, name: str) -> str:
    """The processor in an environment's values: what its zip has to be built for."""
    file = stack.values_of(name)
    said = ARCHITECTURE.search(file.read_text()) if file.is_file() else None
    # The default of Terraform's variable.
    return said[1] if said else os.environ.get("TF_VAR_architecture", "arm64")  # noqa: SIM112 - Terraform's spelling


def told_of_alarms(subscriber: str) -> str:
    """The line of an environment's values that makes its alarms tell somebody.

    Args:
        subscriber: An e-mail address, or the ARN of an SNS topic.
    """
    name = "alarm_topic_arn" if subscriber.startswith("arn:") else "alarm_email"
    return f"{name} = {json.dumps(subscriber)}"


def settings_file(
    stack: Stack, name: str, server: str, boundary: str, subscriber: str | None = None
) -> Path | None:
    """Write an environment's values, unless they are there; the file when it was written."""
    target = stack.values_of(name)
    if target.exists():
        return None
    text = (
        f"# What {name} sets apart from the defaults.\n"
        f'environment          = "{name}"\npermissions_boundary = "{boundary}"\n'
    )
    if subscriber:
        text += f"{told_of_alarms(subscriber)}\n"
    if stack.is_checkout:
        text = text.replace("\nenvironment ", f'\nname                 = "{server}"\nenvironment ')
    target.write_text(text)
    return target


def _server(stack: Stack, name: str, default: str) -> str:
    """The server's name in an environment's values, which must be of that environment."""
    check_name(name)
    file = stack.values_of(name)
    if not file.is_file():
        if not stack.is_checkout:
            return default
        known = sorted(found.stem for found in stack.terraform_root.glob("*.tfvars"))
        raise CommandFailedError(
            f"there is no {file}: write it, with at least environment = {json.dumps(name)}, or use "
            f"one that there is: {', '.join(known) or 'none'}."
        )
    text = file.read_text()
    said = SAYS.search(text)
    found = said[1] if said else None
    # An author's file need not repeat its own name.
    if found != name and (found is not None or stack.is_checkout):
        raise CommandFailedError(
            f"{file} says environment = {json.dumps(found)}, so it would be "
            f"deployed with another's state: it must be {json.dumps(name)}."
        )
    server = SERVER.search(text)
    return server[1] if server else default


def _init(root: LinkedRoot, backend: Backend, here: account.Account) -> None:
    made_from = hashlib.sha256(repr(backend).encode())
    made_from.update((root.source / ".terraform.lock.hcl").read_bytes())
    for module in sorted(path.name for path in (root.source / "modules").iterdir()):
        made_from.update(module.encode())
    stamp = root.folder / "initialised"
    if stamp.is_file() and stamp.read_text() == made_from.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    _require_bucket(here, backend.bucket)
    root.init(backend)
    stamp.write_text(made_from.hexdigest())


def _require_bucket(here: account.Account, bucket: str) -> None:
    try:
        told = here.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        told = error.response
        if told["Error"]["Code"] == "404":
            raise CommandFailedError(
                f"account {here.id} has no bucket {bucket} for Terraform's states. "
                "`mesh bootstrap` makes it; or set TF_STATE_BUCKET to a bucket of yours."
            ) from error
        # Terraform says what else is wrong with it.
    region = told["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region", here.region)
    if region != here.region:
        raise CommandFailedError(
            f"the bucket {bucket} with Terraform's states is in {region}, and this is for "
            f"{here.region}. Set AWS_REGION to {region}, or TF_STATE_BUCKET to a bucket in "
            f"{here.region}."
        )
