"""Invocations that nobody waits for: retries, the dead-letter queue and destinations.

MiniStack (1.5.33) knows one destination for each function, of failures only, and sends the same
record to it and to the dead-letter queue.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import lambda_svc

from mesh.local_aws.functions import (
    FunctionName,
    FunctionVersion,
    UnknownFunctionError,
    record_of,
    route,
)
from mesh.local_aws.host import CannotRunHereError
from mesh.local_aws.iam.role_credentials import issue
from mesh.local_aws.instances.runtime_api import Result, error_payload
from mesh.local_aws.invocations.data_plane import DataPlane
from mesh.local_aws.invocations.executions import Outcome, PayloadTooLargeError, ThrottledError

# AWS waits a minute, then two.
PAUSES_SECONDS = (0.5, 1.0)
RETRIES = 2

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What a qualifier's asynchronous invocations are given, and the function's dead-letter target.

    Attributes:
        retries: after the first attempt.
        destinations: ARNs by `OnSuccess` and `OnFailure`.
        dead_letter: ARN of a queue or topic, or None.
    """

    retries: int
    destinations: dict[str, str]
    dead_letter: str | None


def settings_of(function: FunctionName, qualifier: str | None) -> Settings:
    """Read what is configured now.

    Raises:
        UnknownFunctionError: there is no such function.
    """
    record = record_of(function)
    # MiniStack keeps those without a qualifier under "".
    configured = (record.get("event_invoke_configs") or {}).get(qualifier or "") or {}
    retries = configured.get("MaximumRetryAttempts")
    return Settings(
        retries=RETRIES if retries is None else int(retries),
        destinations={
            outcome: target["Destination"]
            for outcome, target in (configured.get("DestinationConfig") or {}).items()
            if target and target.get("Destination")
        },
        dead_letter=(record["config"].get("DeadLetterConfig") or {}).get("TargetArn"),
    )


class Asynchronous:
    """Runs invocations of type Event, also those of MiniStack's other services.

    Args:
        data_plane: runs them.
        endpoint: AWS on this machine, where their records are sent.
    """

    def __init__(self, data_plane: DataPlane, endpoint: str) -> None:
        self._data_plane = data_plane
        self._endpoint = endpoint

    def apply(self) -> None:
        """Patch MiniStack."""
        lambda_svc.invoke_async_with_retry = self._begin

    def _begin(self, func: dict[str, Any], event: Any) -> None:
        arn = str((func.get("config") or func)["FunctionArn"])
        threading.Thread(target=self._run, args=(arn, event), daemon=True).start()

    def _run(self, arn: str, event: Any) -> None:
        _, _, _, region, account, _, name, *rest = arn.split(":")
        function, qualifier = FunctionName(account, region, name), rest[0] if rest else None
        request = str(uuid.uuid4())
        try:
            version = route(function, qualifier).version
            settings = settings_of(function, qualifier)
            attempts, outcome = self._attempt(function, qualifier, event, request, settings.retries)
        except UnknownFunctionError as error:
            _logger.warning("%s", error)
            return
        failed = outcome.result.error_type is not None
        destination = settings.destinations.get("OnFailure" if failed else "OnSuccess")
        if destination is not None:
            record = _record(request, arn, event, outcome, attempts=attempts)
            self._send(version, destination, record, failed=failed)
        if failed and settings.dead_letter is not None:
            self._send_event(version, settings.dead_letter, event, request, outcome.result)

    def _attempt(
        self, function: FunctionName, qualifier: str | None, event: Any, request: str, retries: int
    ) -> tuple[int, Outcome]:
        attempt = 0
        while True:
            outcome = self._invoke(function, qualifier, event, request)
            attempt += 1
            if outcome.result.error_type is None or attempt > retries:
                return attempt, outcome
            time.sleep(PAUSES_SECONDS[min(attempt, len(PAUSES_SECONDS)) - 1])

    def _invoke(
        self, function: FunctionName, qualifier: str | None, event: Any, request: str
    ) -> Outcome:
        payload = json.dumps(event).encode()
        work = self._data_plane.invoke(function, qualifier, payload, request_id=request)
        try:
            return self._data_plane.call(work).result()
        except (ThrottledError, PayloadTooLargeError, CannotRunHereError) as error:
            kind = type(error).__name__
            result = Result(error_payload(kind, str(error)), kind)
            return Outcome(result, qualifier or "$LATEST", request, "", cold=False, tail="")

    @contextmanager
    def _client(self, service: Any, version: FunctionVersion) -> Iterator[Any]:
        """A client with the rights of the function's role, which Lambda sends with, too."""
        credentials = issue(version)
        try:
            # A session of its own: the one that boto3 shares may not be used by two threads.
            yield boto3.session.Session().client(
                service,
                endpoint_url=self._endpoint,
                region_name=version.function.region,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret_key,
                aws_session_token=credentials.session_token,
            )
        finally:
            credentials.withdraw()

    def _queue_url(self, arn: str) -> str:
        """The role need not be allowed to ask for it: on AWS, Lambda knows it."""
        *_, account, name = arn.split(":")
        return f"{self._endpoint}/{account}/{name}"

    def _send(
        self, version: FunctionVersion, target: str, record: dict[str, Any], *, failed: bool
    ) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html."""
        service, body = target.split(":")[2], json.dumps(record)
        try:
            with self._client(service, version) as client:
                if service == "sqs":
                    client.send_message(QueueUrl=self._queue_url(target), MessageBody=body)
                elif service == "sns":
                    client.publish(TopicArn=target, Message=body)
                elif service == "lambda":
                    client.invoke(FunctionName=target, InvocationType="Event", Payload=body)
                else:
                    entry = {
                        "Source": "lambda",
                        "DetailType": "Lambda Function Invocation Result - "
                        + ("Failure" if failed else "Success"),
                        "Detail": body,
                        "EventBusName": target,
                        "Resources": [target, record["requestContext"]["functionArn"]],
                    }
                    client.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            _logger.warning("nothing was sent to the destination %s: %s", target, error)

    def _send_event(
        self, version: FunctionVersion, target: str, event: Any, request: str, result: Result
    ) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq."""
        message = _error_message(result.payload)
        told = {"RequestID": request, "ErrorCode": "200", "ErrorMessage": str(message)[:1024]}
        attributes = {
            name: {"DataType": "String", "StringValue": value or "-"}
            for name, value in told.items()
        }
        service, body = target.split(":")[2], json.dumps(event)
        try:
            with self._client(service, version) as client:
                if service == "sqs":
                    client.send_message(
                        QueueUrl=self._queue_url(target),
                        MessageBody=body,
                        MessageAttributes=attributes,
                    )
                else:
                    client.publish(TopicArn=target, Message=body, MessageAttributes=attributes)
        except (BotoCoreError, ClientError) as error:
            _logger.warning("nothing was sent to the dead-letter target %s: %s", target, error)


def _error_message(payload: bytes) -> str:
    """The message of an error, or all of it: a runtime may answer anything."""
    try:
        return str(json.loads(payload)["errorMessage"])
    except (ValueError, LookupError, TypeError):
        return payload.decode(errors="replace")


def _record(
    request: str, arn: str, event: Any, outcome: Outcome, *, attempts: int
) -> dict[str, Any]:
    failed = outcome.result.error_type is not None
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": outcome.version}
    if failed:
        response["functionError"] = "Unhandled"
    try:
        payload = json.loads(outcome.result.payload or b"null")
    except ValueError:
        # Of a function that answers in streaming mode.
        payload = outcome.result.payload.decode(errors="replace")
    return {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC).isoformat(timespec='milliseconds')[:-6]}Z",
        "requestContext": {
            "requestId": request,
            "functionArn": arn,
            "condition": "RetriesExhausted" if failed else "Success",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": response,
        "responsePayload": payload,
    }
