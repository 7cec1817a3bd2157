"""AWS clients and environments that reach the stack on this machine and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSPreparedRequest
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_ssm import SSMClient

# The person's own profiles must neither be used nor be missed.
NO_PROFILE = (None, None, None, None)
NO_FILE = (None, None, os.devnull, None)
CONFIG = Config(
    proxies={},  # a proxy cannot reach this machine's loopback
    connect_timeout=5,
    read_timeout=30,
    retries={"total_max_attempts": 2},
)


def ssm(aws: Mapping[str, str]) -> SSMClient:
    """Give an SSM client for local AWS.

    Args:
        aws: `Running.environment`, or what `local.env` keeps of it.
    """
    return _session(aws).client("ssm", endpoint_url=aws["AWS_ENDPOINT_URL"], config=CONFIG)


def logs(aws: Mapping[str, str]) -> CloudWatchLogsClient:
    """Give a CloudWatch Logs client for local AWS; `aws` as for `ssm`."""
    return _session(aws).client("logs", endpoint_url=aws["AWS_ENDPOINT_URL"], config=CONFIG)


def key_values(aws: Mapping[str, str]) -> CloudFrontKeyValueStoreClient:
    """Give a client of CloudFront's key value stores in local AWS; `aws` as for `ssm`."""
    made: CloudFrontKeyValueStoreClient = client("cloudfront-keyvaluestore", aws)
    here = urlsplit(aws["AWS_ENDPOINT_URL"]).netloc

    def without_account(request: AWSPreparedRequest, **_: Any) -> None:
        # The account is put before the endpoint's name, and this machine has no such name.
        request.url = urlsplit(request.url)._replace(netloc=here).geturl()

    made.meta.events.register("before-send.cloudfront-keyvaluestore", without_account)
    return made


def client(service: str, aws: Mapping[str, str], region: str | None = None) -> Any:
    """Give the client of any service of local AWS; `aws` as for `ssm`, `region` if another."""
    return _session(aws).client(  # type: ignore[call-overload] # a name that is not a literal
        service, endpoint_url=aws["AWS_ENDPOINT_URL"], region_name=region, config=CONFIG
    )


def _session(aws: Mapping[str, str]) -> boto3.Session:
    core = botocore.session.Session(
        session_vars={
            "profile": NO_PROFILE,
            "config_file": NO_FILE,
            "credentials_file": NO_FILE,
        }
    )
    return boto3.Session(
        botocore_session=core,
        region_name=aws["AWS_REGION"],
        aws_access_key_id=aws["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws["AWS_SECRET_ACCESS_KEY"],
    )


def credentials(aws: Mapping[str, str]) -> Credentials:
    """Give what a request to local AWS is signed with."""
    return Credentials(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"])


def only_local(base: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which every AWS tool reaches local AWS, whatever was set."""
    kept = {name: value for name, value in base.items() if not name.startswith("AWS_")}
    return {
        **kept,
        **aws,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # An emulator that dies must not be waited for as a region would be.
        "AWS_MAX_ATTEMPTS": "3",
    }
