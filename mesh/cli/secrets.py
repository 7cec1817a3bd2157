"""`mesh secrets` on the command line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

OUTPUT = "secret_parameters"
# In the order in which people come by them.
NAMES = ("openai-api-key", "supabase-key", "supabase-token")


@dataclass(frozen=True)
class Target:
    """Which parameters the options of `mesh secrets` name; looked up when a command runs."""

    path: str | None
    region: str | None
    environment: str | None = None

    def open(self) -> tuple[SSMClient, dict[str, str]]:
        """Find the parameters by short name, and say on standard error where they are."""
        from mesh.credentials import deployed_parameters  # noqa: PLC0415 - see `mesh.cli`

        if self.path is not None:
            path = self.path.rstrip("/")
            click.echo(f"{path}/ (named by --path)", err=True)
            client = deployed_parameters.client_of(self.region)
            return client, {name: f"{path}/{name}" for name in NAMES}
        found = deployed_parameters.find(
            OUTPUT,
            self.region,
            remedy="Name the parameter with --path.",
            environment=self.environment,
        )
        click.echo(found.where, err=True)
        if not found.value:
            raise CommandFailedError(
                "this deployment has no secrets: its backend is embedded. Apply Terraform with "
                "backend = supabase first."
            )
        return found.client, dict(found.value)


@click.group("secrets", short_help="Put secrets of other services where the server reads them.")
@click.option(
    "--path",
    metavar="/NAME/ENVIRONMENT",
    help="What the SSM parameters begin with. Reached with the credentials that the AWS CLI "
    "would use.",
)
@click.option("--environment", metavar="NAME", help="The environment, such as staging.")
@click.option("--region", metavar="NAME", help="Region of those parameters.")
@click.pass_context
def command(
    context: click.Context, *, path: str | None, environment: str | None, region: str | None
) -> None:
    """Put secrets of other services where the server reads them.

    Without --path or --environment: those of the stack on this machine while it runs, else those
    of the deployment whose Terraform state is set up in terraform/. Which one it
    is, is said on standard error.

    A new value takes effect without a deploy: within secrets_ttl_seconds, or when
    the service refuses the old one.
    """
    if path and environment:
        raise click.UsageError("--path and --environment exclude each other.")
    context.obj = Target(path, region, environment)


@command.command("set", short_help="Store a secret.")
@click.argument("name", type=click.Choice(NAMES))
@click.pass_obj
def set_(target: Target, *, name: str) -> None:
    """Store the secret called NAME, read from standard input.

    At a terminal it is asked for, and does not show. It is never an argument:
    arguments are seen by other users of the machine, and kept in histories.
    """
    from mesh.credentials import stored_secrets  # noqa: PLC0415 - see `mesh.cli`

    client, parameters = target.open()
    if sys.stdin.isatty():
        given = click.prompt(f"{name} (does not show)", hide_input=True, err=True)
    else:
        given = sys.stdin.read()
    stored_secrets.put(client, parameters[name], stored_secrets.checked(name, given))
    click.echo(f"stored in {parameters[name]}", err=True)


@command.command("list", short_help="Say which secrets are set.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_(target: Target, *, as_json: bool) -> None:
    """Say which secrets are set and how they end, never more of them."""
    from mesh.credentials import stored_secrets  # noqa: PLC0415 - see `mesh.cli`

    client, parameters = target.open()
    found = [stored_secrets.look(client, *named) for named in sorted(parameters.items())]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    width = max(len(one.name) for one in found)
    for one in found:
        state = f"set, ...{one.last4 or '(short)'}" if one.set else "not set"
        click.echo(f"{one.name:<{width}}  {state:<14}  {one.changed}  {one.parameter}")
