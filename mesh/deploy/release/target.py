"""What a release goes to: the stack on this machine, or what the root in `terraform/` made."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError

from mesh.deploy.release.existing import existing
from mesh.deploy.release.root import Root
from mesh.deploy.release.versions import Aws
from mesh.failure import CommandFailedError
from mesh.local_aws import process
from mesh.logs import function_log
from mesh.smoke import credential
from mesh.stack import environments, local_aws_client, terraform
from mesh.stack.deployment import Deployment
from mesh.stack.lookup import configured_call, current_stack
from mesh.stack.stack import exclusive

if TYPE_CHECKING:
    import httpx

    from mesh.settings.call import Call


@dataclass(frozen=True)
class Target:
    """One deployment.

    Attributes:
        root: how it is applied.
        where: which it is, in words.
        client: gives a client of AWS by its service's name, in another `region` if one is given.
        sign: gives SigV4 for a Function URL.
        key: API key or access token for the live URL, if there is one.
        named: the arguments that name it on a command line.
        configured: the call that a smoke test makes of a tool.
        function_name: what the function has to be called; None where Terraform's arguments say it.
        changed: told the outputs after each apply.
    """

    root: Root
    where: str
    client: Callable[..., Any]
    sign: Callable[[str], httpx.Auth]
    key: str | None
    named: str = ""
    configured: Call | None = None
    function_name: str | None = None
    changed: Callable[[Mapping[str, Any]], None] = lambda _: None

    def __post_init__(self) -> None:
        """Have AWS asked about each plan, for what the guard cannot see."""
        further = partial(existing, client=self.client, again=self.again)
        object.__setattr__(self, "root", replace(self.root, further=further))

    @cached_property
    def aws(self) -> Aws:
        """Its function and parameters, asked directly."""
        return Aws(self.client("lambda"), self.client("ssm"))

    def last_error(self, outputs: Mapping[str, Any], since_ms: int) -> list[str]:
        """Give what its log says last of an error; no line when it cannot be read."""
        return function_log.last_error(self.client("logs"), outputs["log_group_name"], since_ms)

    @property
    def again(self) -> str:
        """What follows `mesh release` or `mesh rollback` to mean this target again."""
        return f" {self.named}" if self.named else ""

    def refuse_other_server(self, outputs: Mapping[str, Any]) -> None:
        """Refuse a state that another server's deployment is in: it would be replaced.

        Args:
            outputs: What Terraform's state says.

        Raises:
            CommandFailedError: names both.
        """
        deployed = outputs.get("function_name")
        if deployed and self.function_name and deployed != self.function_name:
            raise CommandFailedError(
                f"this state has the deployment {deployed}, and not {self.function_name}. Give "
                "each server a state bucket of its own (TF_STATE_BUCKET), or the name that it was "
                "deployed with."
            )


@contextmanager
def find(
    arguments: tuple[str, ...],
    *,
    key: str | None,
    allowed: tuple[str, ...],
    command: str,
    environment: str | None = None,
    given: str | None = None,
) -> Iterator[Target]:
    """Find the target of a command: the stack on this machine if it runs, else `terraform/`.

    Args:
        arguments: for `terraform plan`; given, the target is `terraform/` in any case.
        environment: one to be the target instead, with its own state.
        key: API key or access token; for the stack on this machine its own when None.
        allowed: addresses at which the plan guard's findings are meant.
        command: what is being done, for whoever comes second.
        given: the server's file or folder, as for `mesh up`.

    Raises:
        CommandFailedError: Terraform is missing, or another command is at work.
    """
    terraform.require_terraform()
    again = f"-- {' '.join(arguments)}" if arguments else ""
    if environment is not None:
        found = environments.find(environment, given=given)
        made = _environment(found, arguments, key, allowed, again)
        yield replace(made, configured=configured_call(given))
        return
    here = current_stack()
    running = process.find(here.aws)
    if running is None or arguments:
        yield Target(
            root=Root(
                folder=here.terraform_root,
                variables=terraform.environment(),
                arguments=arguments,
                log=here.mesh / "logs" / "terraform.log",
                allowed=allowed,
            ),
            where=f"terraform/ {' '.join(arguments)}".strip(),
            client=_client,
            sign=credential.from_credential_chain,
            key=key,
            named=again,
            configured=configured_call(),
        )
        return
    reached, region = running.environment, running.region
    deployment = Deployment(here, running)
    with exclusive(here.lock, command):
        yield Target(
            root=Root(
                folder=here.terraform_root,
                variables=deployment.variables,
                arguments=(
                    f"-state={here.terraform_state}",
                    *(f"-var-file={file}" for file in here.variable_files),
                ),
                log=deployment.log,
                allowed=allowed,
            ),
            where="the stack on this machine",
            client=partial(local_aws_client.client, aws=reached),
            sign=lambda _: credential.SigV4(local_aws_client.credentials(reached), region),
            key=key or here.read_environment().get("MESH_API_KEY"),
            configured=configured_call(),
            changed=lambda outputs: _keep(here.outputs, outputs),
        )


def _environment(
    found: environments.Environment,
    arguments: tuple[str, ...],
    key: str | None,
    allowed: tuple[str, ...],
    again: str,
) -> Target:
    return Target(
        root=Root(
            folder=found.root.folder,
            variables=found.root.variables,
            arguments=(*found.arguments, *arguments),
            log=found.root.log,
            allowed=allowed,
        ),
        where=f"environment {found.name}",
        client=partial(_client, home=found.region),
        sign=credential.from_credential_chain,
        key=key,
        named=f"--environment {found.name} {again}".strip(),
        function_name=f"{found.server}-{found.name}",
    )


def _client(service: str, home: str | None = None, region: str | None = None) -> Any:
    try:
        return boto3.client(service, region_name=region or home or os.environ.get("AWS_REGION"))  # type: ignore[call-overload] # a name that is not a literal
    except BotoCoreError as error:
        raise CommandFailedError(f"AWS: {error} Set AWS_REGION, or AWS_PROFILE.") from error


def _keep(file: Path, outputs: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(outputs, indent=2))
