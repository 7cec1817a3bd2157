"""One SSM parameter read, signed, without an SDK client.

Importing boto3 and making a client costs about half a second of CPU on a cold start;
one signed request needs a signer and an HTTP connection. The signer is botocore's, which
the managed runtime carries.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
"""

from __future__ import annotations

import http.client
import json
import os
from urllib.parse import urlsplit

from mcp_app import credentials
from mcp_app.credentials import CredentialsUnavailableError

CONNECT_AND_READ_SECONDS = 3.0


class ParameterUnavailableError(Exception):
    """The parameter cannot be read; the message names it and the cause, never its value."""


def endpoint(region: str) -> str:
    """Address of SSM: the SDKs' own override variables first, then the region's."""
    return (
        os.environ.get("AWS_ENDPOINT_URL_SSM")
        or os.environ.get("AWS_ENDPOINT_URL")
        or f"https://ssm.{region}.amazonaws.com"
    )


def _signed_headers(url: str, region: str, target: str, body: bytes) -> dict[str, str]:
    # Imported here: a deployment without API keys never pays for it.
    from botocore.auth import SigV4Auth  # noqa: PLC0415
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415
    from botocore.credentials import Credentials  # noqa: PLC0415

    try:
        own = Credentials(*credentials.current())
    except CredentialsUnavailableError as error:
        raise ParameterUnavailableError(str(error)) from error
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    request = AWSRequest("POST", url, headers=headers, data=body)
    SigV4Auth(own, "ssm", region).add_auth(request)
    return dict(request.headers.items())


def get_parameter(name: str) -> str:
    """The parameter's decrypted value.

    Raises:
        ParameterUnavailableError: it does not exist, access is denied, or SSM did not
            answer within 3 seconds.
    """
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    url = urlsplit(endpoint(region))
    body = json.dumps({"Name": name, "WithDecryption": True}).encode()
    headers = _signed_headers(
        f"{url.scheme}://{url.netloc}/", region, "AmazonSSM.GetParameter", body
    )
    secure = url.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    # A fresh connection for each read: one kept over a freeze of the sandbox is stale.
    connection = kind(url.netloc, timeout=CONNECT_AND_READ_SECONDS)
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        status = response.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ParameterUnavailableError(
            f"SSM parameter {name} could not be read: {type(error).__name__}"
        ) from error
    finally:
        connection.close()
    if status != http.client.OK:
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
