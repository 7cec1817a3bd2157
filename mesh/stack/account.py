"""Which AWS account and region the credentials of this shell lead to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from mesh.failure import CommandFailedError


@dataclass(frozen=True)
class Account:
    """An account, seen from one region.

    Attributes:
        id: its number.
        caller: who this is there.
        region: region of the clients.
    """

    id: str
    caller: str
    region: str

    def client(self, service: str) -> Any:
        """Give a client of AWS by its service's name."""
        return boto3.Session().client(service, region_name=self.region)  # type: ignore[call-overload] # a name that is not a literal


def find(region: str | None = None) -> Account:
    """Ask AWS who this is.

    Args:
        region: which to use; AWS_REGION or the profile's when None.

    Raises:
        CommandFailedError: there is no region, there are no credentials, or AWS refuses them.
    """
    try:
        # One of its own: the module's keeps the first credentials that it found.
        session = boto3.Session()
        found = region or os.environ.get("AWS_REGION") or session.region_name
        if not found:
            raise CommandFailedError(
                "no AWS region: set AWS_REGION, or use a profile that has one."
            )
        told = session.client("sts", region_name=found).get_caller_identity()
    except (NoConnectionError, HTTPClientError) as error:
        # Nobody was asked: other credentials would not help.
        raise CommandFailedError(f"AWS: {error}") from error
    except (BotoCoreError, ClientError) as error:
        reason = str(error).rstrip(".")
        raise CommandFailedError(
            f"AWS: {reason}. Sign in first (aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID)."
        ) from error
    return Account(told["Account"], told["Arn"], found)
