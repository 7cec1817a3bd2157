"""API keys in their SSM parameter: made, listed, revoked; only their hashes are stored.

Parameter Store has no conditional write. What it has is a version number and a history:
after a write whose version is not the next one, somebody else's write came between, and
the change is made once more on top of theirs. A last read proves that it is there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mcp_app import api_keys
from ops.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import PutParameterRequestTypeDef

# https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm: standard parameters
STANDARD_LIMIT_BYTES = 4096
KEYS_PER_NAME = 2  # enough to rotate: make the new one, move the clients, revoke the old one
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
WRITE_ATTEMPTS = 5

type Keys = tuple[api_keys.ApiKey, ...]
type Change = Callable[[Keys], Keys]


@dataclass(frozen=True)
class Parameter:
    """One SSM SecureString parameter with API keys, reached through `client`."""

    client: SSMClient
    name: str


def current(parameter: Parameter) -> Keys:
    """Give the keys that are valid now.

    Raises:
        CommandFailedError: the parameter cannot be read, or holds something else.
    """
    return _read(parameter)[0]


def create(parameter: Parameter, name: str) -> str:
    """Make a key, store its hash under `name`, and give the key: nobody can read it again.

    Raises:
        CommandFailedError: the name does not fit or has two keys already, the parameter
            is full, or it cannot be read or written.
    """
    if not NAME.fullmatch(name):
        raise CommandFailedError(
            f"{name!r} is no name for a key: use 1 to 64 letters, digits and . _ @ -, "
            "a letter or digit first."
        )
    key = api_keys.generate()
    store(parameter, name, key)
    return key


def store(
    parameter: Parameter, name: str, key: str, *, keep: int = KEYS_PER_NAME - 1
) -> api_keys.ApiKey:
    """Store the hash of `key`, and give what is stored.

    Args:
        parameter: where.
        name: under which name.
        key: the clear key.
        keep: how many older keys of this name may stay; with 0 they are replaced,
            otherwise one more than this is an error.

    Raises:
        CommandFailedError: see `create`.
    """
    made = api_keys.ApiKey(
        name=name,
        sha256=api_keys.digest(key),
        last4=key[-4:],
        created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )

    def with_key(keys: Keys) -> Keys:
        same_name = [other for other in keys if other.name == name]
        if keep == 0:
            return (*(other for other in keys if other.name != name), made)
        if len(same_name) > keep:
            last4 = ", ".join(other.last4 for other in same_name)
            raise CommandFailedError(
                f"{name} has {len(same_name)} keys already (ending in {last4}): revoke the "
                f"one that is no longer used, `mesh keys revoke {name} --oldest`."
            )
        return (*keys, made)

    _change(parameter, with_key)
    return made


def revoke(
    parameter: Parameter, name: str, *, last4: str | None = None, oldest: bool = False
) -> Keys:
    """Take away the key of this name, or one of its two, and give what was taken.

    Args:
        parameter: where.
        name: the key's name.
        last4: only the key that ends in these characters.
        oldest: only the older one of two.

    Raises:
        CommandFailedError: there is no such key, or there are two and nothing says which.
    """
    revoked: Keys = ()

    def without_key(keys: Keys) -> Keys:
        nonlocal revoked
        chosen = [key for key in keys if key.name == name and last4 in {None, key.last4}]
        if not chosen:
            names = ", ".join(sorted({key.name for key in keys})) or "no key at all"
            wanted = f"{name} ending in {last4}" if last4 else name
            raise CommandFailedError(f"there is no key {wanted} in {parameter.name}: {names}.")
        if len(chosen) > 1 and oldest:
            chosen = [min(chosen, key=lambda key: key.created)]
        if len(chosen) > 1:
            endings = ", ".join(f"{key.last4} ({key.created})" for key in chosen)
            raise CommandFailedError(
                f"{name} has two keys, ending in {endings}: say which with --last4 or --oldest."
            )
        revoked = tuple(chosen)
        return tuple(key for key in keys if key not in revoked)

    _change(parameter, without_key)
    return revoked


def _change(parameter: Parameter, change: Change) -> None:
    keys, version = _read(parameter)
    wanted = change(keys)
    for _ in range(WRITE_ATTEMPTS):
        written = _write(parameter, wanted)
        if written == version + 1:
            break
        # Ours replaced a version that we had not seen: make the change on that one.
        keys, version = _read(parameter, written - 1)[0], written
        try:
            wanted = change(keys)
        except CommandFailedError:
            _write(parameter, keys)
            raise
    else:
        raise CommandFailedError(
            f"{parameter.name} is being changed by others at this moment; run this again."
        )
    if set(wanted) != set(current(parameter)):
        raise CommandFailedError(
            f"{parameter.name} was changed by somebody else at the same moment; "
            "look with `mesh keys list` and run this again if your change is not there."
        )


def _read(parameter: Parameter, version: int | None = None) -> tuple[Keys, int]:
    selector = parameter.name if version is None else f"{parameter.name}:{version}"
    with _explained(parameter.name):
        found = parameter.client.get_parameter(Name=selector, WithDecryption=True)["Parameter"]
    try:
        return api_keys.parse(found["Value"]), found["Version"]
    except ValueError as error:
        raise CommandFailedError(f"{parameter.name}: {error}") from error


def _write(parameter: Parameter, keys: Keys) -> int:
    document = json.dumps({"keys": [asdict(key) for key in keys]}, separators=(",", ":"))
    size = len(document.encode())
    if size > STANDARD_LIMIT_BYTES:
        raise CommandFailedError(
            f"{parameter.name} is full: {len(keys)} keys need {size} bytes and a standard "
            f"parameter holds {STANDARD_LIMIT_BYTES}. Revoke keys that nobody uses."
        )
    request: PutParameterRequestTypeDef = {
        "Name": parameter.name,
        "Value": document,
        "Type": "SecureString",
        "Overwrite": True,
    }
    with _explained(parameter.name):
        described = parameter.client.describe_parameters(
            ParameterFilters=[{"Key": "Name", "Values": [parameter.name]}]
        )["Parameters"]
        # Without the key's id, an overwrite would move the parameter to AWS's own KMS key.
        if described and "KeyId" in described[0]:
            request["KeyId"] = described[0]["KeyId"]
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
