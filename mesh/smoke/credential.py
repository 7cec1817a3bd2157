"""What a request to a Function URL proves its right with: an API key, or SigV4."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import httpx

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from collections.abc import Generator

    from botocore.credentials import Credentials

FUNCTION_URL_REGION = re.compile(r"^[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws$")


class ApiKey(httpx.Auth):
    """Sends an API key as a bearer token."""

    def __init__(self, key: str) -> None:
        self.secret = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the header; no second request is ever needed."""
        request.headers["Authorization"] = f"Bearer {self.secret}"
        yield request


class SigV4(httpx.Auth):
    """Signs a request for a Function URL with auth type AWS_IAM.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    """

    requires_request_body = True

    def __init__(self, credentials: Credentials, region: str) -> None:
        self.credentials = credentials
        self.region = region

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the signature over method, URL, body, host and content type."""
        # Here and below: who sends an API key does not wait for it.
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        content_type = request.headers.get("Content-Type")
        unsigned = AWSRequest(
            method=request.method,
            url=str(request.url),
            data=request.content,
            headers={"Content-Type": content_type} if content_type else {},
        )
        # Frozen: credentials that renew themselves must not change within one signature.
        frozen = self.credentials.get_frozen_credentials()
        SigV4Auth(frozen, "lambda", self.region).add_auth(unsigned)
        request.headers.update(dict(unsigned.headers.items()))
        yield request


def from_credential_chain(url: str, region: str | None = None) -> SigV4:
    """Sign with the credentials that the AWS CLI would use here.

    Args:
        url: the Function URL; its region is taken from its name when it has AWS's form.
        region: wins over the name's; needed for any other name when neither AWS_REGION
            nor the profile says one.

    Raises:
        CommandFailedError: there are no credentials, or no region.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    session = botocore.session.Session()
    try:
        credentials = session.get_credentials()
        # botocore alone does not know AWS_REGION, which every other SDK prefers.
        named = os.environ.get("AWS_REGION") or session.get_config_variable("region")
        chosen = region or region_of(url) or named
    except BotoCoreError as error:
        raise CommandFailedError(f"AWS credentials: {error}") from error
    if credentials is None:
        raise CommandFailedError(
            "no AWS credentials were found to sign with. Set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run `aws configure`."
        )
    if not chosen:
        raise CommandFailedError(
            f"the region of {url} is not in its name; give --region, or set AWS_REGION."
        )
    return SigV4(credentials, chosen)


def region_of(url: str) -> str | None:
    """Give the region in `https://<id>.lambda-url.<region>.on.aws/`; None in other names."""
    found = FUNCTION_URL_REGION.match(httpx.URL(url).host)
    return found[1] if found else None
