"""SSM parameters read with one request, signed, without an SDK client.

Importing boto3 and making a client costs about half a second of CPU on a cold start; one
signed request costs a signature and a connection.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html
"""

from __future__ import annotations

import json

from mesh.runtime.aws import aws_endpoint, credentials
from mesh.runtime.aws.aws_signature import signed_headers
from mesh.runtime.aws.credentials import CredentialsUnavailableError
from mesh.runtime.aws.http_exchange import ExchangeError, post

# Not typing's; see `mesh.runtime.handler`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OK = 200
CONNECT_AND_READ_SECONDS = 3.0


class ParameterUnavailableError(Exception):
    """The parameter cannot be read; the message names it and the cause, never its value."""


def get_parameter(name: str) -> str:
    """The parameter's decrypted value.

    Raises:
        ParameterUnavailableError: it does not exist, access is denied, or SSM did not
            answer within 3 seconds.
    """
    status, answer = _answer("GetParameter", {"Name": name, "WithDecryption": True}, name)
    if status != OK:
        kind_of_error = answer.get("__type", status) if isinstance(answer, dict) else status
        raise ParameterUnavailableError(
            f"SSM parameter {name} could not be read: {str(kind_of_error).rpartition('#')[2]}"
        )
    try:
        return str(answer["Parameter"]["Value"])
    except (KeyError, TypeError):
        raise ParameterUnavailableError(
            f"SSM parameter {name} could not be read: an answer without a value"
        ) from None


def get_parameters(names: tuple[str, ...]) -> dict[str, str]:
    """The decrypted values, by name, of those of these parameters that come with one request.

    Where one of them may not be read SSM gives none. `get_parameter` says why one is missing.

    Args:
        names: Ten at most.

    Raises:
        ParameterUnavailableError: SSM did not answer within 3 seconds; the first is named.
    """
    about = {"Names": names, "WithDecryption": True}
    status, answer = _answer("GetParameters", about, names[0])
    try:
        found = answer["Parameters"] if status == OK else ()
        return {str(one["Name"]): str(one["Value"]) for one in found}
    except (KeyError, TypeError):
        return {}


def _answer(action: str, about: dict[str, Any], name: str) -> tuple[int, Any]:
    """SSM's answer: HTTP status and JSON.

    Args:
        action: What is asked of it.
        about: Of what.
        name: The parameter that an error names.

    Raises:
        ParameterUnavailableError: there is none.
    """
    region = aws_endpoint.region()
    url = aws_endpoint.ssm(region).rstrip("/")
    try:
        own = credentials.current()
    except CredentialsUnavailableError as error:
        raise ParameterUnavailableError(str(error)) from error
    body = json.dumps(about).encode()
    headers = signed_headers(
        host=url.partition("://")[2],
        headers={
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": f"AmazonSSM.{action}",
        },
        body=body,
        region=region,
        service="ssm",
        credentials=(own.access_key, own.secret_key, own.token),
    )
    try:
        status, received = post(url, headers, body, CONNECT_AND_READ_SECONDS)
        return status, json.loads(received)
    except (ExchangeError, ValueError) as error:
        kind = str(error) if isinstance(error, ExchangeError) else type(error).__name__
        raise ParameterUnavailableError(
            f"SSM parameter {name} could not be read: {kind}"
        ) from error
