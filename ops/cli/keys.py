"""`mesh keys` on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import click

from ops import api_keys, key_parameter
from ops.api_keys import Parameter


@dataclass(frozen=True)
class Target:
    """Which parameter the options of `mesh keys` name; looked up when a command runs."""

    parameter: str | None
    region: str | None

    def open(self) -> Parameter:
        """Find the parameter, and say on standard error which one it is."""
        found, why = key_parameter.find(self.parameter, self.region)
        click.echo(f"{found.name} ({why})", err=True)
        return found


@click.group("keys", short_help="Make, list and revoke API keys.")
@click.option(
    "--parameter",
    metavar="NAME",
    help="SSM parameter, Terraform's output api_keys_parameter. Reached with the "
    "credentials that the AWS CLI would use.",
)
@click.option("--region", metavar="NAME", help="Region of that parameter.")
@click.pass_context
def command(context: click.Context, *, parameter: str | None, region: str | None) -> None:
    """Make, list and revoke API keys.

    Without --parameter: those of the stack on this machine while it runs, else
    those of the deployment whose Terraform state is set up in terraform/. Which
    one it is, is said on standard error.

    Only hashes are stored. A change takes effect within a minute, when instances
    read the parameter again (secrets_ttl_seconds). To rotate: create a second key
    of the same name, move the clients to it, revoke --oldest.
    """
    context.obj = Target(parameter, region)


@command.command("create", short_help="Make a key and print it, once.")
@click.argument("name")
@click.pass_obj
def create(target: Target, *, name: str) -> None:
    """Make a key called NAME and print it on standard output.

    It cannot be shown again: only its hash is stored. Two keys of one name may
    exist at a time, so that clients can move from one to the other.
    """
    key = api_keys.create(target.open(), name)
    click.echo("this key is shown once; store it now", err=True)
    click.echo(key)


@command.command("list", short_help="List names, last characters and dates.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_(target: Target, *, as_json: bool) -> None:
    """List the keys that are valid now: name, last four characters, date."""
    keys = api_keys.current(target.open())
    if as_json:
        shown = [{k: v for k, v in asdict(key).items() if k != "sha256"} for key in keys]
        click.echo(json.dumps(shown, indent=2))
    elif not keys:
        click.echo("no keys; make one with `mesh keys create NAME`")
    else:
        width = max(len(key.name) for key in keys)
        for key in keys:
            click.echo(f"{key.name:<{width}}  ...{key.last4}  {key.created}")


@command.command("revoke", short_help="Take a key away.")
@click.argument("name")
@click.option("--last4", metavar="XXXX", help="Only the key that ends in these characters.")
@click.option("--oldest", is_flag=True, help="Only the older of two.")
@click.pass_obj
def revoke(target: Target, *, name: str, last4: str | None, oldest: bool) -> None:
    """Take away the key called NAME; requests with it are then refused."""
    for key in api_keys.revoke(target.open(), name, last4=last4, oldest=oldest):
        click.echo(f"revoked {key.name} ...{key.last4} of {key.created}")
