"""What the SSM parameter of the API keys holds: read, and changed by one of several writers.

Parameter Store has no conditional write. It has a version number and a history. If the version
after a write is not the next one, somebody else wrote in between. Then the change is made again
on top of that write. A last read proves that it is there.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError
from mesh.runtime.access import api_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import PutParameterRequestTypeDef

# https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm
LIMITS_BYTES = {"Standard": 4096, "Advanced": 8192}
WRITE_ATTEMPTS = 5

type Keys = tuple[api_keys.ApiKey, ...]
type Change = Callable[[Keys], Keys]


@dataclass(frozen=True)
class Parameter:
    """One SSM SecureString parameter with API keys.

    Attributes:
        client: reaches it.
        name: its name.
        advanced: a write makes it an advanced parameter, which has twice the room, costs
            $0.05 a month and never becomes a standard one again.
    """

    client: SSMClient
    name: str
    advanced: bool = False


def change(parameter: Parameter, make: Change) -> None:
    """Make a change of the stored keys; those that have expired go with it.

    Raises:
        CommandFailedError: the change does not fit, the parameter is full, or it cannot be
            read or written.
    """
    keys, version = read(parameter)
    wanted = make(_unexpired(keys))
    for _ in range(WRITE_ATTEMPTS):
        written = _write(parameter, wanted)
        if written == version + 1:
            break
        # Ours replaced a version that we had not seen: make the change on that one.
        keys, version = read(parameter, written - 1)[0], written
        try:
            wanted = make(_unexpired(keys))
        except CommandFailedError:
            _write(parameter, keys)
            raise
    else:
        raise CommandFailedError(
            f"{parameter.name} is being changed by others at this moment; run this again."
        )
    if set(wanted) != set(read(parameter)[0]):
        raise CommandFailedError(
            f"{parameter.name} was changed by somebody else at the same moment; "
            "look with `mesh keys list` and run this again if your change is not there."
        )


def _unexpired(keys: Keys) -> Keys:
    """Make room: what has expired lets nobody in, and goes with the next change."""
    now = dt.datetime.now(dt.UTC).timestamp()
    return tuple(key for key in keys if not key.expired(now))


def read(parameter: Parameter, version: int | None = None) -> tuple[Keys, int]:
    """Give the stored keys, of the newest version or of this one, and that version.

    Raises:
        CommandFailedError: the parameter cannot be read, or holds something else.
    """
    selector = parameter.name if version is None else f"{parameter.name}:{version}"
    with _explained(parameter.name):
        found = parameter.client.get_parameter(Name=selector, WithDecryption=True)["Parameter"]
    try:
        return api_keys.parse(found["Value"]), found["Version"]
    except ValueError as error:
        raise CommandFailedError(f"{parameter.name}: {error}") from error


def _write(parameter: Parameter, keys: Keys) -> int:
    document = json.dumps({"keys": [api_keys.stored(key) for key in keys]}, separators=(",", ":"))
    with _explained(parameter.name):
        described = parameter.client.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Values": [parameter.name]}]
        )["Parameters"]
    now = described[0] if described else {}
    wide = parameter.advanced or now.get("Tier") == "Advanced"
    tier = "Advanced" if wide else "Standard"
    size = len(document.encode())
    if size > LIMITS_BYTES[tier]:
        more = (
            f" With --advanced it may hold {LIMITS_BYTES['Advanced']}, for $0.05 a month."
            if tier == "Standard"
            else ""
        )
        raise CommandFailedError(
            f"{parameter.name} is full: {len(keys)} keys need {size} bytes and a "
            f"{tier.lower()} parameter holds {LIMITS_BYTES[tier]}. "
            f"Revoke keys that nobody uses.{more}"
        )
    request: PutParameterRequestTypeDef = {
        "Name": parameter.name,
        "Value": document,
        "Type": "SecureString",
        "Overwrite": True,
    }
    # Without the key's id, an overwrite would move the parameter to AWS's own KMS key.
    if "KeyId" in now:
        request["KeyId"] = now["KeyId"]
    # Once advanced, always advanced: a write that asks for less is an error.
    if wide:
        request["Tier"] = "Advanced"
    with _explained(parameter.name):
        return parameter.client.put_parameter(**request)["Version"]


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn AWS's errors into one line that names the parameter."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ParameterNotFound":
            raise CommandFailedError(
                f"there is no parameter {name} in this account and region; "
                "`terraform apply` makes it, and its output api_keys_parameter names it."
            ) from error
        message = error.response["Error"].get("Message", "")
        raise CommandFailedError(f"{name}: {code}: {message}") from error
    except BotoCoreError as error:
        raise CommandFailedError(f"{name}: {error}") from error
