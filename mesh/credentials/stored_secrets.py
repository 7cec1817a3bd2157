"""Secrets of a server in their SSM parameters: stored, and looked at without being shown.

Terraform makes the parameters with a placeholder and never reads or writes what is in them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError
from mesh.runtime.aws.secrets import PLACEHOLDER, canonical, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import PutParameterRequestTypeDef

# By tier. https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
LIMITS_BYTES = {"Standard": 4096, "Advanced": 8192}
# Parameter Store refuses it, and AWS's error may quote the value.
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
NESTED = re.compile(r"\{\{.*\}\}", re.DOTALL)
# Of a shorter secret four characters would be too much to show.
LEAST_SHOWN_LENGTH = 20
# What Terraform's description of a parameter says if its value comes from here.
OURS = "written by `mesh secrets`"
# An operator's package says with an entry point here, by a secret's name, what cannot be that
# secret: a function that takes the value and raises ValueError, with a reason without the value.
CHECKS = "mesh.secret_checks"


@dataclass(frozen=True)
class StoredSecret:
    """What may be known of a secret: whether it is set, and how it ends.

    Attributes:
        name: its short name.
        parameter: the SSM parameter.
        set: somebody has put a value there.
        last4: its last characters; None when it is not set, too short to show any, or has
            several words or lines.
        changed: when it was written last, ISO 8601.
    """

    name: str
    parameter: str
    set: bool
    last4: str | None
    changed: str


def checked(name: str, value: str) -> str:
    """Give the value as it is stored: as it was given, without line ends at its end.

    Raises:
        CommandFailedError: it cannot be the secret of this name.
    """
    kept = value.rstrip("\r\n")
    if kept.strip() in {"", PLACEHOLDER}:
        raise CommandFailedError(f"{name}: nothing was given, so nothing was stored.")
    if NESTED.search(kept):
        raise CommandFailedError(
            f"{name}: nothing was stored, because Parameter Store takes no value with {{{{...}}}} "
            "in it. Encode it, for example as Base64."
        )
    for check in entry_points(group=CHECKS, name=canonical(name)):
        try:
            check.load()(kept)
        except ValueError as error:
            raise CommandFailedError(f"{name}: nothing was stored: {error}") from None
    return kept


def below(client: SSMClient, path: str) -> dict[str, str]:
    """Give the parameters of a deployment's secrets, by name.

    Args:
        client: reaches them.
        path: what the deployment's parameters begin with, such as /weather/production.

    Raises:
        CommandFailedError: they cannot be listed.
    """
    pages = client.get_paginator("describe_parameters")
    with _explained(path):
        found = [
            one
            for page in pages.paginate(
                ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": [path]}]
            )
            for one in page["Parameters"]
        ]
    return {
        name_of(one["Name"]): one["Name"]
        for one in found
        # Others there are API keys and the like.
        if OURS in one.get("Description", "")
    }


def put(client: SSMClient, parameter: str, value: str) -> None:
    """Store a value in a parameter that Terraform has made.

    Raises:
        CommandFailedError: there is no such parameter, the value is too long for it, or it
            cannot be written.
    """
    with _explained(parameter):
        described = client.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Values": [parameter]}]
        )["Parameters"]
        if not described:
            # Written anyway it would be no one's: Terraform could not make its own any more.
            raise _absent(parameter)
        request: PutParameterRequestTypeDef = {
            "Name": parameter,
            "Value": value,
            "Type": "SecureString",
            "Overwrite": True,
        }
        # What tells this parameter from those of other commands.
        if "Description" in described[0]:
            request["Description"] = described[0]["Description"]
        # Without the key's id, an overwrite would move the parameter to AWS's own KMS key.
        if "KeyId" in described[0]:
            request["KeyId"] = described[0]["KeyId"]
        tier = described[0].get("Tier", "Standard")
        if tier == "Advanced":
            request["Tier"] = "Advanced"
        limit, size = LIMITS_BYTES.get(tier, LIMITS_BYTES["Standard"]), len(value.encode())
        if size > limit:
            raise CommandFailedError(
                f"{parameter} holds at most {limit} bytes, and {size} were given; nothing was "
                "stored."
            )
        client.put_parameter(**request)


def look(client: SSMClient, name: str, parameter: str) -> StoredSecret:
    """Give what may be known of a secret.

    Raises:
        CommandFailedError: the parameter cannot be read.
    """
    with _explained(parameter):
        found = client.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]
    value = found["Value"].strip()
    is_set = value not in {"", PLACEHOLDER}
    # The end of a key file is the same in all of them, and that of a sentence tells a word.
    is_shown = is_set and len(value) >= LEAST_SHOWN_LENGTH and len(value.split()) == 1
    return StoredSecret(
        name=name,
        parameter=parameter,
        set=is_set,
        last4=value[-4:] if is_shown else None,
        changed=found["LastModifiedDate"].isoformat(timespec="seconds"),
    )


def _absent(parameter: str) -> CommandFailedError:
    return CommandFailedError(
        f"there is no parameter {parameter} in this account and region; `terraform apply` makes it."
    )


@contextmanager
def _explained(parameter: str) -> Iterator[None]:
    """Turn AWS's errors into one line that names the parameter."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ParameterNotFound":
            raise _absent(parameter) from None
        message = error.response["Error"].get("Message", "")
        # It may quote the value.
        if code == "ValidationException" and error.operation_name == "PutParameter":
            message = "Parameter Store does not take this value; nothing was stored."
        raise CommandFailedError(f"{parameter}: {code}: {message}") from None
    except BotoCoreError as error:
        raise CommandFailedError(f"{parameter}: {error}") from None
