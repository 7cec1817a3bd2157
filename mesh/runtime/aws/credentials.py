"""The role's credentials: from the environment, or from where Lambda or ECS serves them.

An instance that is restored from a snapshot would have those of the snapshot's day, so its
environment has none. A task's live for hours, and the task may live longer.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html#snapstart-credentials
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
import os
import time

from mesh.runtime.aws import snapshot
from mesh.runtime.record import Record

SECONDS = 2.0
# How long before their end they are asked for again.
SPARE_SECONDS = 300.0
ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
# ECS names a path only, at an address of its own.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
PATH = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
ECS = "169.254.170.2"
HOSTS = frozenset({"127.0.0.1", "::1", "localhost", ECS})


class CredentialsUnavailableError(Exception):
    """There are no credentials; the message says why, and holds none."""


class Credentials(Record):
    """What requests to AWS are signed with."""

    _secret = ("secret_key", "token")

    access_key: str
    secret_key: str
    token: str | None


_served: Credentials | None = None
_good_until = float("-inf")


def current() -> Credentials:
    """The credentials that are valid now.

    Raises:
        CredentialsUnavailableError: there are none.
    """
    access_key = os.environ.get("AWS_ACCESS_KEY_ID")
    if access_key is None and ADDRESS in os.environ:
        return _from(ADDRESS, os.environ[ADDRESS])
    if access_key is None and PATH in os.environ:
        return _from(PATH, f"http://{ECS}{os.environ[PATH]}")
    try:
        # Lambda puts them here and renews them with the sandbox.
        return Credentials(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN"),
        )
    except KeyError as missing:
        raise CredentialsUnavailableError(
            f"no AWS credentials in the environment ({missing.args[0]} is not set)"
        ) from None


def forget() -> None:
    """Ask for them again the next time."""
    global _served, _good_until
    _served, _good_until = None, float("-inf")


def _from(variable: str, address: str) -> Credentials:
    global _served, _good_until
    if _served is None or time.time() >= _good_until:
        _served, _good_until = _asked(variable, address)
    return _served


def _asked(variable: str, address: str) -> tuple[Credentials, float]:
    """Ask Lambda or ECS; the credentials, and the time until which they are used."""
    # Here, for the sake of instances that have theirs in the environment.
    import http.client
    from urllib.parse import urlsplit

    url = urlsplit(address)
    if url.scheme != "http" or url.hostname not in HOSTS:
        raise CredentialsUnavailableError(
            f"{variable} is neither this machine's own address nor that of ECS"
        )
    headers = {"Authorization": os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")}
    connection = http.client.HTTPConnection(url.netloc, timeout=SECONDS)
    try:
        connection.request("GET", url.path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise CredentialsUnavailableError(f"{variable} answered {response.status}")
        found = json.loads(body)
        credentials = Credentials(
            found["AccessKeyId"], found["SecretAccessKey"], found.get("Token")
        )
        until = _moment(found.get("Expiration"))
    except (OSError, http.client.HTTPException) as error:
        raise CredentialsUnavailableError(f"{variable}: {type(error).__name__}") from error
    except (ValueError, KeyError, TypeError):
        # Not `from error`: the parser's message may quote what it read.
        raise CredentialsUnavailableError(f"{variable} answered with no credentials") from None
    finally:
        connection.close()
    return credentials, until - SPARE_SECONDS


def _moment(stamp: str | None) -> float:
    """Seconds since 1970; of credentials that name no end, now: they are asked for each time."""
    # Here, for the sake of instances that have theirs in the environment.
    from datetime import datetime

    return time.time() if stamp is None else datetime.fromisoformat(stamp).timestamp()


snapshot.forgets(forget)
