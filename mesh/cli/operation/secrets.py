"""`mesh secrets` on the command line."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

# The output with the parameter of each secret by its name.
OUTPUT = "secrets"
HOW_TO_ADD = (
    "Add the secret's name to Terraform's variable secrets, and apply; "
    "docs/how-to/secrets-and-permissions.md describes it"
)


@dataclass(frozen=True)
class Target:
    """Which deployment the options of `mesh secrets` name; looked up when a command runs."""

    path: str | None
    region: str | None
    environment: str | None = None

    def open(self) -> tuple[SSMClient, dict[str, str]]:
        """Find the parameters by the secrets' names, and say on standard error where they are."""
        from mesh.credentials import deployed_parameters, stored_secrets

        if self.path is not None:
            path = self.path.rstrip("/")
            click.echo(f"{path}/ (named by --path)", err=True)
            client = deployed_parameters.client_of(self.region)
            return client, stored_secrets.below(client, path)
        found = deployed_parameters.find(
            OUTPUT,
            self.region,
            remedy="Name the deployment's parameters with --path.",
            environment=self.environment,
        )
        click.echo(found.where, err=True)
        return found.client, found.value


@click.group("secrets", short_help="Store the secrets of the server's tools.")
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
    """Store the secrets of the server's tools, in encrypted SSM parameters.

    Terraform's variable secrets has their names. A tool reads one with
    mesh.secret("NAME").

    Without --path or --environment: those of the stack on this machine while it
    runs, else those of the deployment whose Terraform state is set up in terraform/.
    Standard error says which.

    A new value takes effect without a deploy, within secrets_ttl_seconds.
    """
    if path and environment:
        raise click.UsageError("Use --path or --environment, not both.")
    context.obj = Target(path, region, environment)


@command.command(
    "set",
    short_help="Store a secret.",
    # So that click does not show, in its own error, a value that was given as an argument.
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
@click.argument("name")
@click.pass_obj
@click.pass_context
def set_(context: click.Context, target: Target, *, name: str) -> None:
    """Store the secret called NAME, read from standard input.

    For a file: mesh secrets set NAME < key.pem. At a terminal, the command asks for
    the value and does not show it. Line ends at the end are not stored.

    The value is never an argument: other users of the machine see arguments, and
    shells keep them.
    """
    from mesh.credentials import stored_secrets
    from mesh.runtime.aws.secrets import canonical

    if context.args:
        raise click.UsageError(
            "Give the secret's name only; its value is read from standard input. If you gave the "
            "value, change it: the shell may have kept it."
        )
    client, found = target.open()
    parameters = {canonical(one): path for one, path in found.items()}
    parameter = parameters.get(canonical(name))
    if parameter is None:
        # The name is not shown: perhaps it is the value.
        known = f"there are {', '.join(sorted(parameters))}" if parameters else "there are none"
        raise CommandFailedError(f"there is no secret of this name; {known}. {HOW_TO_ADD}.")
    if sys.stdin.isatty():
        given = click.prompt(f"{name} (does not show)", hide_input=True, err=True)
    else:
        given = _text(sys.stdin.buffer.read(), name)
    stored_secrets.put(client, parameter, stored_secrets.checked(name, given))
    click.echo(f"stored in {parameter}", err=True)


def _text(given: bytes, name: str) -> str:
    try:
        return given.decode()
    except UnicodeDecodeError:
        raise CommandFailedError(
            f"{name}: nothing was stored, because it is no UTF-8 text. Encode it, for example as "
            "Base64."
        ) from None


@command.command("copy", short_help="Copy secrets from where an old service has them.")
@click.argument("mapping", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--only", metavar="NAME", multiple=True, help="Only this one; can be repeated.")
@click.option("--from-region", metavar="NAME", help="Region of the old ones, if it is another.")
@click.option("--dry-run", is_flag=True, help="Say what would be copied, and copy nothing.")
@click.pass_obj
def copy_(
    target: Target, *, mapping: Path, only: tuple[str, ...], from_region: str | None, dry_run: bool
) -> None:
    """Copy the secrets in MAPPING, the secrets.json that `mesh migrate` wrote.

    Each is read from Parameter Store, Secrets Manager or the task definition, and
    stored in the parameter of the same name. No value is shown or written to a file.
    """
    from mesh.migration import secret_copies
    from mesh.migration.inventory import secret_references
    from mesh.runtime.aws.secrets import canonical
    from mesh.stack import account

    try:
        references = secret_references.read_mapping(json.loads(mapping.read_text("utf-8")))
    except OSError as error:
        raise CommandFailedError(f"{mapping} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise CommandFailedError(f"{mapping} is no mapping of secrets: {error}.") from error
    unknown = set(only) - {one.name for one in references}
    if unknown:
        raise CommandFailedError(f"{mapping} has no {', '.join(sorted(unknown))}.")
    client, found = target.open()
    parameters = {canonical(one): path for one, path in found.items()}
    wanted = [one for one in references if not only or one.name in only]
    absent = [one.name for one in wanted if canonical(one.name) not in parameters]
    if absent:
        raise CommandFailedError(f"there is no secret {', '.join(absent)} yet. {HOW_TO_ADD}.")
    clients = cache(account.find(from_region or target.region).client)
    for one in wanted:
        parameter = parameters[canonical(one.name)]
        if not dry_run:
            secret_copies.copy(one, clients, client, parameter)
        click.echo(f"{one.name}: {one.kind} {one.source} -> {parameter}")


@command.command("list", short_help="Say which secrets are set.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_(target: Target, *, as_json: bool) -> None:
    """Say which secrets are set, and how long ones end: never more of them."""
    from mesh.credentials import stored_secrets

    client, parameters = target.open()
    found = [stored_secrets.look(client, *named) for named in sorted(parameters.items())]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        state = ("set" if one.last4 is None else f"set, ...{one.last4}") if one.set else "not set"
        click.echo(f"{one.name:<{width}}  {state:<12}  {one.changed}  {one.parameter}")
    if not found:
        click.echo(f"there are no secrets. {HOW_TO_ADD}.", err=True)
    elif missing := [one.name for one in found if not one.set]:
        click.echo(f"not set yet: {', '.join(missing)}; use mesh secrets set NAME.", err=True)
