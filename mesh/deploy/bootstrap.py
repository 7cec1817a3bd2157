"""What has to be in an account before pipelines deploy there: made, and its own state moved in.

The root is `terraform/bootstrap`. Its state begins as a file, for the bucket is not there yet,
and is moved into the bucket that it made.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from mesh import progress
from mesh.failure import CommandFailedError
from mesh.stack import account, terraform
from mesh.stack.linked_root import Backend, LinkedRoot
from mesh.stack.stack import Stack
from mesh.stack.terraform_run import LOCK_TIMEOUT

STEPS = 6
KEY = "bootstrap.tfstate"
OWN_PROVIDER = "aws_iam_openid_connect_provider.github"
ISSUER = "token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for; None where what was applied before is to stay.

    Attributes:
        values: values of the root's variables.
        environments: environments to add.
        arguments: further ones for `terraform plan`.
    """

    values: Mapping[str, Any]
    environments: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    region: str | None = None


@dataclass
class Bootstrap:
    """One run.

    Attributes:
        stack: the server's.
        name: the server's, unless another was given before or now.
        wanted: what is asked for.
        steps: shows progress.
        confirm: asked before anything is changed, with what would be; False ends the run.
        subscriber: asked once who is told of alarms; None tells no one.
    """

    stack: Stack
    name: str
    wanted: Wanted
    steps: progress.Steps
    confirm: Callable[[str], bool]
    subscriber: Callable[[], str | None] = lambda: None
    where: account.Account = field(init=False)
    root: LinkedRoot = field(init=False)

    def run(self) -> dict[str, Any] | None:
        """Do it, and give the root's outputs; None when it was not confirmed.

        Raises:
            CommandFailedError: something is missing or in the way.
            TerraformFailedError: Terraform failed; run again, it goes on where it ended.
        """
        terraform.require_terraform()
        with self.steps.step("AWS account") as step:
            self.where = account.find(self.wanted.region)
            step.detail = f"({self.where.id}, {self.where.region})"
        self.root = LinkedRoot(
            source=self.stack.terraform_root / "bootstrap",
            folder=self.stack.mesh / "bootstrap" / self.where.id,
            variables=terraform.environment() | {"AWS_REGION": self.where.region},
            log=self.stack.mesh / "logs" / "bootstrap.log",
        )
        backend = Backend(self._bucket(), KEY, self.where.region)
        with self.steps.step("terraform init") as step:
            self.root.link()
            moved = self._moved(backend)
            self.root.init(backend if moved else None)
            step.detail = f"(state in {backend.bucket})" if moved else "(state still in a file)"
        wanted = self._wanted()
        with self.steps.step("terraform plan") as step:
            values, amount = self._plan(wanted)
            step.detail = f"({amount})"
        if not self.confirm(f"{amount}, in account {self.where.id} as {self.where.caller}"):
            return None
        with self.steps.step("terraform apply"):
            self.root.run("apply", "-input=false", "-no-color", LOCK_TIMEOUT, "bootstrap.tfplan")
        with self.steps.step("state into the bucket") as step:
            step.detail = "(was there)" if moved else f"({backend.bucket}/{KEY})"
            if not moved:
                self._move(backend)
        with self.steps.step("check") as step:
            self._check(values)
            step.detail = "(nothing left to change)"
        return self.root.outputs()

    def _bucket(self) -> str:
        name = self.wanted.values.get("name") or self.name
        given = self.wanted.values.get("state_bucket") or os.environ.get("TF_STATE_BUCKET")
        return str(given or f"{name}-state-{self.where.id}")

    def _moved(self, backend: Backend) -> bool:
        """Whether the state is in the bucket already.

        Raises:
            CommandFailedError: the bucket is somebody else's, or its state is elsewhere.
        """
        s3 = self.where.client("s3")
        try:
            s3.head_object(Bucket=backend.bucket, Key=KEY)
        except ClientError as error:
            if error.response["Error"]["Code"] == "403":
                raise CommandFailedError(
                    f"the bucket {backend.bucket} is there, and not for {self.where.caller}: its "
                    "name is another account's, or a right is missing. For another name: "
                    "--state-bucket."
                ) from error
        else:
            return True
        try:
            s3.head_bucket(Bucket=backend.bucket)
        except ClientError:
            return False
        if not self.root.state.exists():
            raise CommandFailedError(
                f"the bucket {backend.bucket} is there without {KEY}, and there is no state at "
                f"{self.root.state}: it was made by other means, or by a run on another machine "
                "that was not finished. Finish it there, or choose another with --state-bucket."
            )
        return False

    def _wanted(self) -> dict[str, Any]:
        """Values of the root's variables: those from before, unless others are given."""
        before = self.root.outputs().get("settings")
        kept: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
        given = {name: value for name, value in self.wanted.values.items() if value is not None}
        values = {"name": self.name} | kept | given | {"region": self.where.region}
        if not values.get("alarm_subscriber"):
            # Not within a step, which draws its progress.
            values["alarm_subscriber"] = self.subscriber()
        environments = {*kept.get("environments", ()), *self.wanted.environments}
        if environments:
            values["environments"] = sorted(environments)
        if values.get("github_repository") and not values.get("github_oidc_provider_arn"):
            values["github_oidc_provider_arn"] = self._foreign_provider()
        return values

    def _plan(self, values: dict[str, Any]) -> tuple[str, str]:
        argument = self.root.write_values(values)
        self.root.run(
            "plan",
            "-input=false",
            "-no-color",
            LOCK_TIMEOUT,
            argument,
            *self.wanted.arguments,
            "-out=bootstrap.tfplan",
        )
        counts = {"create": 0, "update": 0, "delete": 0}
        for change in json.loads(self._asked("show", "-json", "bootstrap.tfplan")).get(
            "resource_changes", []
        ):
            for action in change["change"]["actions"]:
                if action in counts:
                    counts[action] += 1
        words = {"create": "to add", "update": "to change", "delete": "to destroy"}
        told = [f"{count} {words[action]}" for action, count in counts.items() if count]
        return argument, ", ".join(told) or "nothing to change"

    def _foreign_provider(self) -> str | None:
        """The account's provider for GitHub when it is not this root's: there can be only one."""
        if OWN_PROVIDER in self._asked("state", "list"):
            return None
        providers = self.where.client("iam").list_open_id_connect_providers()
        arns = [str(found["Arn"]) for found in providers["OpenIDConnectProviderList"]]
        return next((arn for arn in arns if arn.endswith(f"/{ISSUER}")), None)

    def _move(self, backend: Backend) -> None:
        self.root.init(backend, migrate=True)
        # Only what is in the bucket counts from here on.
        self.where.client("s3").head_object(Bucket=backend.bucket, Key=KEY)
        for old in (self.root.state, self.root.folder / "terraform.tfstate.backup"):
            old.unlink(missing_ok=True)

    def _check(self, values: str) -> None:
        done = self._terraform(
            "plan",
            "-input=false",
            "-no-color",
            "-lock=false",
            "-detailed-exitcode",
            values,
            *self.wanted.arguments,
        )
        (self.root.folder / "bootstrap.tfplan").unlink(missing_ok=True)
        if done.returncode != 0:
            raise CommandFailedError(
                "applied, but a second plan is not empty; look at it: "
                f"terraform -chdir={self.root.folder} plan {values}"
            )

    def _asked(self, *arguments: str) -> str:
        """What Terraform answers; nothing where there is no state yet."""
        done = self._terraform(*arguments)
        return done.stdout if done.returncode == 0 else ""

    def _terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={self.root.folder}", *arguments],
            env=dict(self.root.variables),
            capture_output=True,
            text=True,
            check=False,
        )
