"""Which SSM parameter `mesh keys` means when nobody names it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError

from local_aws import process
from ops import local_aws_client, terraform, terraform_run
from ops.api_keys import Parameter
from ops.failure import CommandFailedError
from ops.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

OUTPUT = "api_keys_parameter"


def find(name: str | None, region: str | None) -> tuple[Parameter, str]:
    """Give the parameter, and in words where it is.

    Args:
        name: the parameter's name. When None, that of the stack on this machine if it
            runs, else the output of the root in `terraform/`.
        region: for the last two; AWS_REGION or the profile's when None.

    Raises:
        CommandFailedError: there is none to be found.
    """
    if name is not None:
        return Parameter(_client(region), name), "named by --parameter"
    here = Stack()
    running = process.find(here.aws)
    local = here.read_outputs().get(OUTPUT)
    if running is not None and local is not None:
        client = local_aws_client.ssm(running.environment)
        return Parameter(client, local), "the stack on this machine"
    terraform.require_terraform()
    try:
        outputs = terraform_run.read_outputs(
            root=here.terraform_root, variables=terraform.environment()
        )
    except terraform_run.TerraformFailedError as error:
        outputs = {}
        reason = terraform_run.first_error(error.output)
    else:
        reason = f"it has no output {OUTPUT}, apply it first"
    if OUTPUT not in outputs:
        raise CommandFailedError(
            f"no stack runs on this machine, and terraform/ does not help: {reason}\n"
            "  Name the parameter with --parameter."
        )
    return Parameter(_client(region), outputs[OUTPUT]), "terraform output of terraform/"


def _client(region: str | None) -> SSMClient:
    try:
        return boto3.client("ssm", region_name=region or os.environ.get("AWS_REGION"))
    except BotoCoreError as error:
        raise CommandFailedError(f"AWS: {error}") from error
