"""The lock of a state in S3: an object beside it, which a run that was killed leaves behind.

https://developer.hashicorp.com/terraform/language/backend/s3#state-locking
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError
from mesh.stack.environments import Environment

ABSENT = {"404", "NoSuchKey"}


@dataclass(frozen=True)
class StateLock:
    """Who holds the lock: `who` at a machine, since when (RFC 3339), for which operation."""

    id: str
    who: str
    since: str
    operation: str


def holder(environment: Environment, client: Any) -> StateLock | None:
    """Give who holds the lock of an environment's state; None when nobody does.

    Args:
        environment: set up.
        client: S3's.

    Raises:
        CommandFailedError: the object cannot be read.
    """
    backend = environment.backend
    try:
        found = client.get_object(Bucket=backend.bucket, Key=f"{backend.key}.tflock")
        said = json.loads(found["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return None
        raise CommandFailedError(f"the lock cannot be read: {error}") from error
    except BotoCoreError as error:
        raise CommandFailedError(f"the lock cannot be read: {error}") from error
    operation = str(said["Operation"]).removeprefix("OperationType").lower()
    return StateLock(said["ID"], said["Who"], said["Created"], operation)


def unlock(environment: Environment, lock: StateLock) -> None:
    """Take this lock away, and no other that was taken meanwhile.

    Raises:
        TerraformFailedError: it is another one now, or a right is missing.
    """
    environment.root.run("force-unlock", "-force", lock.id)
