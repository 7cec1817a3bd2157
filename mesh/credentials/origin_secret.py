"""The origin secret: what CloudFront proves to the server with that a request came through it.

CloudFront sends the value that is in its key value store; the server knows hashes of values, in
an SSM parameter. Terraform makes both places and knows what is in neither.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mesh.credentials import stored_secrets
from mesh.failure import CommandFailedError
from mesh.runtime.access.api_keys import moment
from mesh.runtime.domain import origin_secret
from mesh.runtime.domain.origin_secret import StoredSecret, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient
    from mypy_boto3_ssm import SSMClient

# As terraform/modules/custom_domain/viewer_request.tf asks for it.
KEY = "origin-secret"
PREFIX = "mesh_origin_"
RANDOM_BYTES = 32
# A change reaches all edges in seconds as a rule; none is promised.
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html
EDGES_SECONDS = 300

type Stored = tuple[StoredSecret, ...]


@dataclass(frozen=True)
class Places:
    """Where a server's origin secret is.

    Attributes:
        ssm: reaches the parameter.
        parameter: its name.
        store: reaches the key value store.
        store_arn: the store's ARN.
        ttl_seconds: how long instances keep what they read from the parameter.
    """

    ssm: SSMClient
    parameter: str
    store: CloudFrontKeyValueStoreClient
    store_arn: str
    ttl_seconds: float


@dataclass(frozen=True)
class State:
    """What may be known of it.

    Attributes:
        accepted: what the server lets through, oldest first.
        sent: of those, what CloudFront sends; None when it sends none of them.
        store_empty: CloudFront has nothing to send.
    """

    accepted: Stored
    sent: StoredSecret | None
    store_empty: bool

    @property
    def works(self) -> bool:
        """Whether requests through the domain are let through."""
        return self.sent is not None


def look(places: Places) -> State:
    """Give the secrets that the server accepts, and the one that CloudFront sends.

    Raises:
        CommandFailedError: one of the places cannot be read.
    """
    stored, value = _read(places), _sent(places)
    sent = None
    if value is not None:
        sent = next((one for one in stored if one.sha256 == digest(value)), None)
    return State(stored, sent, store_empty=value is None)


def rotate(
    places: Places,
    *,
    sleep: Callable[[float], None] = time.sleep,
    waiting: Callable[[float], None] = lambda _: None,
) -> State:
    """Make a new value and let CloudFront send it; the one before stays valid.

    First the server is told, then CloudFront: no request is refused in between. Ended at any
    moment, it leaves what works, and can be run again.

    Args:
        places: where it goes.
        sleep: waits, in seconds.
        waiting: told for how many seconds, before that.

    Raises:
        CommandFailedError: a place cannot be read or written, or somebody else rotates too.
    """
    now = look(places)
    value = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    made = StoredSecret(digest(value), _now().isoformat(timespec="seconds"))
    _write(places, (*([now.sent] if now.sent else []), made))
    if now.accepted:
        # Instances that have read the parameter just before do not know the new one yet.
        seconds = places.ttl_seconds + 1
        waiting(seconds)
        sleep(seconds)
    with _explained(places.store_arn):
        etag = places.store.describe_key_value_store(KvsARN=places.store_arn)["ETag"]
        places.store.put_key(KvsARN=places.store_arn, Key=KEY, Value=value, IfMatch=etag)
    after = look(places)
    if after.sent != made:
        raise CommandFailedError(
            f"{places.parameter} or the key value store was changed by somebody else at the same "
            "moment; run this again."
        )
    return after


def retire(places: Places) -> Stored:
    """End every value but the one that CloudFront sends, and give those that ended.

    Raises:
        CommandFailedError: CloudFront sends none that is valid, or may still send an older one.
    """
    now = look(places)
    if now.sent is None:
        raise CommandFailedError(
            "CloudFront sends no value that the server accepts: run `mesh domain rotate` first."
        )
    left = EDGES_SECONDS - (_now().timestamp() - moment(now.sent.created))
    if len(now.accepted) > 1 and left > 0:
        raise CommandFailedError(
            f"the new value was made a moment ago, and some of CloudFront's edges may still send "
            f"the old one: run this in {left:.0f} seconds."
        )
    _write(places, (now.sent,))
    return tuple(one for one in now.accepted if one != now.sent)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _read(places: Places) -> Stored:
    with _explained(places.parameter):
        found = places.ssm.get_parameter(Name=places.parameter, WithDecryption=True)["Parameter"]
    try:
        return origin_secret.parse(found["Value"])
    except ValueError as error:
        raise CommandFailedError(f"{places.parameter}: {error}") from error


def _write(places: Places, stored: Stored) -> None:
    document = json.dumps({"secrets": [asdict(one) for one in stored]}, separators=(",", ":"))
    stored_secrets.put(places.ssm, places.parameter, document)


def _sent(places: Places) -> str | None:
    with _explained(places.store_arn):
        try:
            return places.store.get_key(KvsARN=places.store_arn, Key=KEY)["Value"]
        except ClientError as error:
            # Of the store itself the same code: describing it tells them apart.
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            places.store.describe_key_value_store(KvsARN=places.store_arn)
            return None


@contextmanager
def _explained(place: str) -> Iterator[None]:
    """Turn AWS's errors into one line that names the place."""
    try:
        yield
    except ClientError as error:
        said = error.response["Error"]
        raise CommandFailedError(f"{place}: {said['Code']}: {said.get('Message', '')}") from None
    except BotoCoreError as error:
        raise CommandFailedError(f"{place}: {error}") from None
