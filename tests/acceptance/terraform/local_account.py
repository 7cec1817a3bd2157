"""A local AWS where policies count, and who one can be there."""

from __future__ import annotations

import base64
import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from mesh.build.environment import ROOT
from mesh.local_aws import host, process
from mesh.local_aws.process import Running
from mesh.stack import lookup, stack, terraform

ISSUER = "https://token.actions.githubusercontent.com"
# What services call it when a policy does not allow something.
DENIED = {
    *("AccessDenied", "AccessDeniedException", "AuthorizationError"),
    *("UnauthorizedOperation", "403"),
}
ANSWERS = "def handler(event, context):\n    return 'fine'\n"


@dataclass(frozen=True)
class Account:
    """A local AWS with IAM enforced, and a checkout that is deployed there."""

    running: Running
    tree: Path

    def role(self, name: str) -> str:
        """Give a role's ARN."""
        return f"arn:aws:iam::{self.running.account_id}:role/{name}"

    def of_github(self, role: str, subject: str, audience: str = "sts.amazonaws.com") -> Session:
        """Be a role as a workflow is whose token says this; refused as on AWS.

        Raises:
            ClientError: the role does not trust that.
        """
        claims = {"iss": ISSUER, "aud": audience, "sub": subject}
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        unsigned = Config(signature_version=UNSIGNED)
        sts = boto3.client("sts", endpoint_url=self.running.endpoint, config=unsigned)
        answer = sts.assume_role_with_web_identity(
            RoleArn=self.role(role), RoleSessionName="test", WebIdentityToken=f"{token}.unchecked"
        )
        return Session(self, answer["Credentials"])

    def of_lambda(self, role: str) -> Session:
        """Be a function's role; here the account's root stands for Lambda."""
        answer = boto3.client("sts").assume_role(RoleArn=self.role(role), RoleSessionName="test")
        return Session(self, answer["Credentials"])


@dataclass(frozen=True)
class Session:
    """Somebody's temporary credentials."""

    account: Account
    credentials: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        """As AWS_* variables."""
        return {
            "AWS_ACCESS_KEY_ID": self.credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.credentials["SessionToken"],
        }

    def client(self, service: str) -> Any:
        """Give a client that signs with them."""
        return boto3.client(  # type: ignore[call-overload] # a name that is not a literal
            service,
            endpoint_url=self.account.running.endpoint,
            region_name=self.account.running.region,
            aws_access_key_id=self.credentials["AccessKeyId"],
            aws_secret_access_key=self.credentials["SecretAccessKey"],
            aws_session_token=self.credentials["SessionToken"],
        )


def refused(call: Callable[[], object]) -> bool:
    """Say whether a call is refused for want of a right; any other failure is one of the test."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] in DENIED:
            return True
        raise
    return False


def allowed_of(calls: Mapping[str, Callable[[], object]]) -> set[str]:
    """Give the names of the calls that are not refused."""
    return {name for name, call in calls.items() if not refused(call)}


def be_checkout(tree: Path, patch: pytest.MonkeyPatch) -> None:
    """Take a folder with `terraform/` for the checkout that Mesh runs from."""
    (tree / "server.py").write_text("from fastmcp import FastMCP\n\nmcp = FastMCP()\n")
    (tree / "mesh.toml").write_text('name = "aoma-mesh"\n')
    for module in (lookup, stack):
        patch.setattr(module, "CHECKOUT", tree)
    patch.setattr(lookup, "TERRAFORM", tree / "terraform")
    patch.chdir(tree)


@contextmanager
def open_account(folder: Path) -> Iterator[Account]:
    """Start it, with a checkout of its own; this process's credentials are the root's.

    The zip answers everything with "fine".
    """
    tree = folder / "tree"
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", "*_override.tf")
    shutil.copytree(ROOT / "terraform", tree / "terraform", ignore=ignored)
    (tree / "dist").mkdir()
    architecture = host.architecture()
    with zipfile.ZipFile(tree / "dist" / f"mesh-{architecture}.zip", "w") as archive:
        archive.writestr("mesh/runtime/handler.py", ANSWERS)
    running = process.start(folder / "aws", log=folder / "aws.log", enforce_iam=True)
    with pytest.MonkeyPatch.context() as patch:
        try:
            base = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"}
            wanted = terraform.environment(base=base) | running.environment
            for name in os.environ.keys() - wanted.keys():
                patch.delenv(name)
            for name, value in (wanted | {"TF_VAR_architecture": architecture}).items():
                patch.setenv(name, value)
            be_checkout(tree, patch)
            yield Account(running, tree)
        finally:
            process.stop(folder / "aws")
