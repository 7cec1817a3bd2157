"""Secrets of other services in their SSM parameters: put there, and looked at without being shown.

Terraform makes the parameters with a placeholder and never reads or writes what is in them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mcp_app.knowledge.calls import CallFailedError
from mcp_app.knowledge.supabase import keys
from mesh.failure import CommandFailedError
from mesh.runtime.aws.secrets import PLACEHOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import PutParameterRequestTypeDef

# https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
LIMIT_BYTES = 4096
# Of a shorter secret four characters would be too much to show.
LEAST_SHOWN_LENGTH = 20


@dataclass(frozen=True)
class StoredSecret:
    """What may be known of a secret: whether it is set, and how it ends.

    Attributes:
        name: its short name.
        parameter: the SSM parameter.
        set: somebody has put a value there.
        last4: its last characters; None when it is not set, or too short to show any.
        changed: when it was written last, ISO 8601.
    """

    name: str
    parameter: str
    set: bool
    last4: str | None
    changed: str


def checked(name: str, value: str) -> str:
    """Give the value as it is stored, without white space around it.

    Raises:
        CommandFailedError: it cannot be the secret of this name.
    """
    stripped = value.strip()
    if not stripped or stripped == PLACEHOLDER:
        raise CommandFailedError(f"{name}: nothing was given, so nothing was stored.")
    if any(not " " < character <= "~" for character in stripped):
        raise CommandFailedError(
            f"{name}: what was given has spaces, line ends or other signs that no secret has; "
            "nothing was stored."
        )
    if len(stripped) > LIMIT_BYTES:
        raise CommandFailedError(f"{name}: a parameter holds at most {LIMIT_BYTES} characters.")
    try:
        if name.startswith("supabase"):
            keys.refuse_service_key(stripped, name)
        if name == "supabase-token":
            keys.refuse_what_is_no_token(stripped, name)
    except CallFailedError as error:
        raise CommandFailedError(
            f"nothing was stored: {error}".replace("SSM parameter ", "")
        ) from None
    return stripped


def put(client: SSMClient, parameter: str, value: str) -> None:
    """Store a value in a parameter that Terraform has made.

    Raises:
        CommandFailedError: there is no such parameter, or it cannot be written.
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
        # Without the key's id, an overwrite would move the parameter to AWS's own KMS key.
        if "KeyId" in described[0]:
            request["KeyId"] = described[0]["KeyId"]
        if described[0].get("Tier") == "Advanced":
            request["Tier"] = "Advanced"
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
    return StoredSecret(
        name=name,
        parameter=parameter,
        set=is_set,
        last4=value[-4:] if is_set and len(value) >= LEAST_SHOWN_LENGTH else None,
        changed=found["LastModifiedDate"].isoformat(timespec="seconds"),
    )


def _absent(parameter: str) -> CommandFailedError:
    return CommandFailedError(
        f"there is no parameter {parameter} in this account and region; `terraform apply` with "
        "backend = supabase makes it, and its output secret_parameters names it."
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
        raise CommandFailedError(f"{parameter}: {code}: {message}") from None
    except BotoCoreError as error:
        raise CommandFailedError(f"{parameter}: {error}") from None
