"""`mesh logs`: the events of a log group in CloudWatch Logs, local or deployed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.stack import environments, local_aws_client
from mesh.stack.lookup import current_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_logs import CloudWatchLogsClient

OUTPUT = "log_group_name"
POLL_SECONDS = 1.0
# Events of different instances arrive out of order, and some late: look back this far.
OVERLAP_MS = 15_000


@dataclass(frozen=True)
class Event:
    """One event: Unix time in milliseconds, and what was written, without a last line feed."""

    identifier: str
    timestamp_ms: int
    message: str
    stream: str = ""


@dataclass(frozen=True)
class LogGroup:
    """A log group, reached through `client`."""

    client: CloudWatchLogsClient
    name: str

    def events(self, since_ms: int) -> list[Event]:
        """Give the events from a moment on, oldest first.

        Raises:
            CommandFailedError: there is no such group, or it cannot be read.
        """
        pages = self.client.get_paginator("filter_log_events")
        try:
            found = [
                Event(
                    event["eventId"],
                    event["timestamp"],
                    event["message"].rstrip("\n"),
                    event.get("logStreamName", ""),
                )
                for page in pages.paginate(logGroupName=self.name, startTime=since_ms)
                for event in page["events"]
            ]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                raise CommandFailedError(
                    f"there is no log group {self.name} in {self.client.meta.region_name}. "
                    "Give another --log-group or --region."
                ) from error
            raise CommandFailedError(f"{self.name} cannot be read: {error}") from error
        except BotoCoreError as error:
            raise CommandFailedError(f"{self.name} cannot be read: {error}") from error
        return sorted(found, key=lambda event: event.timestamp_ms)

    def follow(self, since_ms: int) -> Iterator[list[Event]]:
        """Give the events from a moment on, then new ones as they come, forever.

        Yields:
            Each second what is new; an empty list too, so that the caller can stop.
        """
        seen: dict[str, int] = {}
        while True:
            new = [event for event in self.events(since_ms) if event.identifier not in seen]
            seen |= {event.identifier: event.timestamp_ms for event in new}
            yield new
            if seen:
                since_ms = max(since_ms, max(seen.values()) - OVERLAP_MS)
                seen = {name: moment for name, moment in seen.items() if moment >= since_ms}
            time.sleep(POLL_SECONDS)


def find(name: str | None, region: str | None, environment: str | None = None) -> LogGroup:
    """Give a log group: a named one, an environment's, or that of the stack on this machine.

    Args:
        name: such as `/aws/lambda/weather-production`, read with the credentials that
            the AWS CLI would use. When None, that of the stack on this machine.
        region: of the named one; AWS_REGION or the profile's when None.
        environment: one whose log group it is, instead.

    Raises:
        CommandFailedError: no name was given, and no stack runs on this machine.
    """
    if environment is not None:
        deployed = environments.find(environment, region)
        found = deployed.root.outputs().get(OUTPUT)
        name, region = (str(found) if found else None), deployed.region
        if name is None:
            raise CommandFailedError(f"environment {environment} is not deployed yet.")
    if name is not None:
        try:
            client = boto3.client("logs", region_name=region or os.environ.get("AWS_REGION"))
        except BotoCoreError as error:
            raise CommandFailedError(f"AWS: {error}") from error
        return LogGroup(client, name)
    here = current_stack()
    running = process.find(here.aws)
    local = here.read_outputs().get(OUTPUT)
    if running is None or local is None:
        raise CommandFailedError(
            "no stack runs on this machine; `make up` starts it.\n"
            "  For a deployed function: mesh logs --environment NAME, or --log-group NAME"
            " (Terraform's output log_group_name)."
        )
    return LogGroup(local_aws_client.logs(running.environment), str(local))
