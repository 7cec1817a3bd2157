"""Which deployment a command means when nobody names its SSM parameters."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError

from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.stack import environments, local_aws_client, terraform, terraform_run
from mesh.stack.lookup import current_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True)
class Deployed:
    """A deployment's output that names parameters.

    Attributes:
        client: reaches its parameters.
        value: what Terraform gave out.
        where: which deployment it is, in words.
        local: `Running.environment` of the stack on this machine; None elsewhere.
        outputs: all outputs, by name.
    """

    client: SSMClient
    value: Any
    where: str
    local: Mapping[str, str] | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)


def find(
    output: str, region: str | None, *, remedy: str, environment: str | None = None
) -> Deployed:
    """Find the stack on this machine if it runs, else what the root in `terraform/` made.

    Args:
        output: name of an output of the root.
        region: of the parameters; AWS_REGION or the profile's when None.
        remedy: what else to do, in a sentence, for the message.
        environment: one with its own state, to be asked instead.

    Raises:
        CommandFailedError: there is no such deployment.
    """
    if environment is not None:
        return _of_environment(output, environment, region)
    here = current_stack()
    running = process.find(here.aws)
    local = here.read_outputs()
    if running is not None and local.get(output) is not None:
        return Deployed(
            local_aws_client.ssm(running.environment),
            local[output],
            "the stack on this machine",
            running.environment,
            local,
        )
    terraform.require_terraform()
    try:
        outputs = terraform_run.read_outputs(
            root=here.terraform_root, variables=terraform.environment()
        )
    except terraform_run.TerraformFailedError as error:
        outputs = {}
        reason = (
            "it is not initialised"
            if terraform_run.lacks_init(error.output)
            else terraform_run.first_error(error.output)
        )
    else:
        reason = f"it has no output {output}, apply it first"
    if output not in outputs:
        raise CommandFailedError(
            f"no stack runs on this machine, and terraform/ does not help: {reason}\n  {remedy}"
        )
    return Deployed(
        client_of(region), outputs[output], "terraform output of terraform/", outputs=outputs
    )


def _of_environment(output: str, name: str, region: str | None) -> Deployed:
    found = environments.find(name, region)
    outputs = found.root.outputs()
    if output not in outputs:
        raise CommandFailedError(f"environment {name} is not deployed yet: it has no {output}.")
    client = client_of(found.region)
    return Deployed(client, outputs[output], f"environment {name}", outputs=outputs)


def client_of(region: str | None) -> SSMClient:
    """Reach SSM with the credentials that the AWS CLI would use.

    Raises:
        CommandFailedError: there is no region, or no such profile.
    """
    try:
        return boto3.client("ssm", region_name=region or os.environ.get("AWS_REGION"))
    except BotoCoreError as error:
        raise CommandFailedError(f"AWS: {error}") from error
