"""The function behind an address: found by the address alone, in AWS or in local AWS."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx
from botocore.exceptions import BotoCoreError, ClientError

from mesh.doctor.address import Address
from mesh.doctor.report import NotAskedError
from mesh.local_aws import process
from mesh.smoke import credential
from mesh.stack import local_aws_client
from mesh.stack.lookup import current_stack

AWS_URL = re.compile(r"[a-z0-9]+\.lambda-url\.([a-z0-9-]+)\.on\.aws")
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
LIVE = "live"
NOT_FOUND = "ResourceNotFoundException"


@dataclass(frozen=True)
class Access:
    """How AWS is reached.

    Attributes:
        client: gives a client by its service's name.
        sign: signs a request for a Function URL with AWS_IAM.
        where: in words.
        state: file with Terraform's state of what is deployed there; None where it is in a bucket.
    """

    client: Callable[[str], Any]
    sign: httpx.Auth
    where: str
    state: Path | None = None


def access(address: Address, region: str | None) -> Access:
    """Give the AWS that an address is in.

    Args:
        address: a Function URL, or a domain in front of one.
        region: of the function; the address's, AWS_REGION or the profile's when None.

    Raises:
        NotAskedError: there is no region, or no stack on this machine.
    """
    if address.host in LOOPBACK:
        here = current_stack()
        running = process.find(here.aws)
        if running is not None:
            reached = running.environment
            return Access(
                cache(lambda service: local_aws_client.client(service, reached)),
                credential.SigV4(local_aws_client.credentials(reached), running.region),
                "local AWS",
                here.terraform_state,
            )
        if not os.environ.get("AWS_ENDPOINT_URL"):
            raise NotAskedError("not asked: no stack runs on this machine")
    named = AWS_URL.fullmatch(address.host)
    session = boto3.Session()
    found = region or (named and named[1]) or os.environ.get("AWS_REGION") or session.region_name
    if not found:
        raise NotAskedError("not asked: set AWS_REGION, or give --region")
    credentials = session.get_credentials()
    if credentials is None:
        raise NotAskedError("not asked: no AWS credentials; sign in (aws sso login, AWS_PROFILE)")

    @cache
    def client(service: str) -> Any:
        return session.client(service, region_name=found)  # type: ignore[call-overload] # a name that is not a literal

    signed = credential.SigV4(credentials, found)
    return Access(client, signed, found)


@dataclass(frozen=True)
class Function:
    """The function, and the alias whose address was given.

    Attributes:
        access: how AWS is reached.
        name: its name.
        qualifier: the alias, such as `live`.
        url: its Function URL.
        auth: of that URL: `NONE` or `AWS_IAM`.
    """

    access: Access
    name: str
    qualifier: str
    url: str
    auth: str

    @cached_property
    def configuration(self) -> Mapping[str, Any]:
        """What the alias's version is configured with."""
        found: Mapping[str, Any] = self.access.client("lambda").get_function_configuration(
            FunctionName=self.name, Qualifier=self.qualifier
        )
        return found

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment of that version."""
        variables: Mapping[str, str] = self.configuration.get("Environment", {}).get(
            "Variables", {}
        )
        return variables


def find(address: Address, reached: Access) -> Function:
    """Find the function of an address.

    Its own `/health` names it. Where that does not answer, or a broken version answers something
    else, all functions of the region that Mesh made are asked for their address.

    Raises:
        NotAskedError: there is none in this account and region.
        ClientError: AWS refuses to tell.
    """
    functions = reached.client("lambda")
    named = "{name}-{environment}".format_map({"name": "", "environment": "", **address.health})
    for name in chain([named] if address.health else [], _made_by_mesh(functions)):
        found = _with_address(address, reached, name)
        if found is not None:
            return found
    raise NotAskedError(
        f"no function in this account and {reached.where} has this address; use the account's "
        "credentials (AWS_PROFILE), and --region for a domain of your own"
    )


def _made_by_mesh(functions: Any) -> Iterator[str]:
    for page in functions.get_paginator("list_functions").paginate():
        for found in page["Functions"]:
            if "MESH_NAME" in found.get("Environment", {}).get("Variables", {}):
                yield found["FunctionName"]


def _with_address(address: Address, reached: Access, name: str) -> Function | None:
    functions = reached.client("lambda")
    try:
        urls = functions.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_FOUND:
            return None
        raise
    made = [
        Function(
            reached,
            name,
            url["FunctionArn"].rpartition(":")[2],
            url["FunctionUrl"],
            url["AuthType"],
        )
        for url in urls
    ]
    wanted = urlsplit(address.root).netloc
    for function in made:
        if urlsplit(function.url).netloc == wanted:
            return function
    # A domain in front of it: the function was told which.
    for function in made:
        try:
            public = function.variables.get("MESH_PUBLIC_URL", "")
        except (BotoCoreError, ClientError):
            continue
        if function.qualifier == LIVE and urlsplit(public).netloc == wanted:
            return function
    return None
