"""`mesh keys` on the command line."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from mesh.cli.options import Duration, Rate
from mesh.failure import CommandFailedError
from mesh.runtime.access.api_keys import ApiKey, stored

if TYPE_CHECKING:
    from mesh.credentials.api_keys import Parameter


@dataclass(frozen=True)
class Target:
    """Which parameter the options of `mesh keys` name; looked up when a command runs."""

    parameter: str | None
    region: str | None
    advanced: bool
    environment: str | None

    def open(self) -> Parameter:
        """Find the parameter, and say on standard error which one it is."""
        return self.open_with_url()[0]

    def open_with_url(self) -> tuple[Parameter, str | None]:
        """The same, with the server's `/mcp` where that is known."""
        from mesh.credentials import key_parameter

        found, why, url = key_parameter.find(self.parameter, self.region, self.environment)
        click.echo(f"{found.name} ({why})", err=True)
        return replace(found, advanced=self.advanced), url


@click.group("keys", short_help="Make, list, rotate and revoke API keys.")
@click.option(
    "--parameter",
    metavar="NAME",
    help="SSM parameter, Terraform's output api_keys_parameter. Reached with the "
    "credentials that the AWS CLI would use.",
)
@click.option("--environment", metavar="NAME", help="The environment, such as staging.")
@click.option("--region", metavar="NAME", help="Region of that parameter.")
@click.option(
    "--advanced",
    is_flag=True,
    help="Write an advanced parameter: 8 KB instead of 4, $0.05 a month, for good.",
)
@click.pass_context
def command(
    context: click.Context,
    *,
    parameter: str | None,
    environment: str | None,
    region: str | None,
    advanced: bool,
) -> None:
    """Make, list, rotate and revoke API keys.

    Without --parameter or --environment, the keys are those of the stack on this machine, if it
    runs. Otherwise they are those of the deployment whose Terraform state is set up in terraform/.
    Standard error says which.

    Only hashes are stored. A new key works at once. A revoked key stops working
    within a minute, when instances read the parameter again
    (secrets_ttl_seconds). Nothing has to be deployed.
    """
    if parameter and environment:
        raise click.UsageError("Use --parameter or --environment, not both.")
    context.obj = Target(parameter, region, advanced, environment)


@command.command("create", short_help="Make a key and print it, once.")
@click.argument("name")
@click.option("--expires-in", type=Duration(), help="Refuse it after this time, such as 90d.")
@click.option("--tool", "tools", multiple=True, metavar="TOOL", help="Only this tool; repeatable.")
@click.option("--rate", type=Rate(), help="Calls a minute, such as 60/min; on each instance.")
@click.option(
    "--source",
    "sources",
    multiple=True,
    metavar="SOURCE",
    callback=lambda _context, _option, given: _sources(given),
    help="Only this source, such as documents:handbook; repeatable.",
)
@click.pass_obj
def create(
    target: Target,
    *,
    name: str,
    expires_in: dt.timedelta | None,
    tools: tuple[str, ...],
    rate: int | None,
    sources: tuple[str, ...],
) -> None:
    """Make a key called NAME and print it on standard output.

    It cannot be shown again: only its hash is stored. Two keys of one name may
    exist at a time, so that clients can move from one to the other.

    --source is for servers that limit what a caller sees. AOMA Mesh takes documents,
    tickets, commits and code, or a part of one: documents:CORPUS, tickets:PROJECT,
    commits:REPOSITORY, code:REPOSITORY.
    """
    from mesh.credentials import api_keys

    limits = api_keys.Limits(expires_in, tuple(sorted(set(tools))) or None, rate, sources or None)
    parameter, url = target.open_with_url()
    key = api_keys.create(parameter, name, limits)
    click.echo("this key is shown once; store it now", err=True)
    click.echo(key)
    if limits.tools and url:
        _warn_of_unknown(url, key, limits.tools)


def _sources(given: tuple[str, ...]) -> tuple[str, ...]:
    """The sources of a key, each once.

    Raises:
        click.BadParameter: one is empty, has blanks around it, or nothing on a side of its colon.
    """
    for one in given:
        kind, colon, part = one.partition(":")
        if one != one.strip() or not kind or (colon and not part) or not one.isprintable():
            raise click.BadParameter(f"{one!r}: write a source like documents:handbook.")
    return tuple(sorted(set(given)))


def _warn_of_unknown(url: str, key: str, tools: tuple[str, ...]) -> None:
    """Say which tools of a key the server does not have: a misspelled one gives no right."""
    from mesh.credentials.callable_tools import callable_tools

    try:
        unknown = sorted(set(tools) - callable_tools(url, key))
    except CommandFailedError as error:
        click.echo(f"warning: whether there are such tools is not known: {error}", err=True)
        return
    if unknown:
        click.echo(
            f"warning: the server has no tool {', '.join(unknown)}. The key is made; if the name "
            "is wrong, revoke it and make another.",
            err=True,
        )


@command.command("rotate", short_help="Make a key's successor; the old one ends.")
@click.argument("name")
@click.option(
    "--grace",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How long the old key is still valid.",
)
@click.option(
    "--expires-in",
    type=Duration(),
    help="How long the new key is valid; by default, as long as the old one.",
)
@click.pass_obj
def rotate(
    target: Target, *, name: str, grace: dt.timedelta, expires_in: dt.timedelta | None
) -> None:
    """Make a new key called NAME and print it; the old one ends after --grace.

    Until then both are valid. The new key may call the same tools at the same rate, and
    sees the same sources.
    """
    from mesh.credentials import api_keys

    key, old = api_keys.rotate(target.open(), name, grace=grace, lifetime=expires_in)
    click.echo(f"...{old.last4} is valid until {old.expires}; move its clients", err=True)
    click.echo("this key is shown once; store it now", err=True)
    click.echo(key)


def shown(key: ApiKey, now: float) -> str:
    """What there is to know of a key besides its name."""
    told = [f"...{key.last4}", key.created]
    if key.expires is not None:
        told.append(f"{'EXPIRED' if key.expired(now) else 'expires'} {key.expires}")
    if key.rate_per_minute is not None:
        told.append(f"{key.rate_per_minute}/min")
    if key.tools is not None:
        told.append(f"only {', '.join(key.tools)}")
    if key.sources is not None:
        told.append(f"sees {', '.join(key.sources)}")
    return "  ".join(told)


@command.command("list", short_help="List names, last characters, dates and limits.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.pass_obj
def list_(target: Target, *, as_json: bool) -> None:
    """List the keys: name, last four characters, date, expiry, rate, tools and sources."""
    from mesh.credentials import api_keys

    keys = api_keys.current(target.open())
    if as_json:
        told = [{k: v for k, v in stored(key).items() if k != "sha256"} for key in keys]
        click.echo(json.dumps(told, indent=2))
    elif not keys:
        click.echo("no keys; make one with `mesh keys create NAME`")
    else:
        width = max(len(key.name) for key in keys)
        now = dt.datetime.now(dt.UTC).timestamp()
        for key in keys:
            click.echo(f"{key.name:<{width}}  {shown(key, now)}")


@command.command("revoke", short_help="Take a key away.")
@click.argument("name")
@click.option("--last4", metavar="XXXX", help="Only the key that ends in these characters.")
@click.option("--oldest", is_flag=True, help="Only the older of two.")
@click.pass_obj
def revoke(target: Target, *, name: str, last4: str | None, oldest: bool) -> None:
    """Take away the key called NAME; requests with it are then refused."""
    from mesh.credentials import api_keys

    for key in api_keys.revoke(target.open(), name, last4=last4, oldest=oldest):
        click.echo(f"revoked {key.name} ...{key.last4} of {key.created}")
