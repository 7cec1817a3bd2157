"""`mesh domain` on the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient

    from mesh.credentials.deployed_parameters import Deployed
    from mesh.credentials.origin_secret import Places, State

OUTPUT = "domain"
REMEDY = "Apply with domain_name and domain_zone_id first, and run this where its state is."


def store_of(found: Deployed) -> CloudFrontKeyValueStoreClient:
    """Reach the key value stores of a deployment's account."""
    import boto3
    from botocore.exceptions import BotoCoreError

    from mesh.stack import local_aws_client

    if found.local is not None:
        return local_aws_client.key_values(found.local)
    try:
        # One endpoint for the whole account; a client wants to be told some region.
        return boto3.client("cloudfront-keyvaluestore", region_name="us-east-1")
    except BotoCoreError as error:
        raise CommandFailedError(f"AWS: {error}") from error


@dataclass(frozen=True)
class Target:
    """Which deployment the options of `mesh domain` name; looked up when a command runs."""

    region: str | None
    environment: str | None = None

    def open(self) -> tuple[str, Places]:
        """Find the domain's address and its secret's places, and say where on standard error."""
        from mesh.credentials import deployed_parameters
        from mesh.credentials.origin_secret import Places

        found = deployed_parameters.find(
            OUTPUT, self.region, remedy=REMEDY, environment=self.environment
        )
        domain = found.value
        click.echo(f"{domain['url']} ({found.where})", err=True)
        return domain["url"], Places(
            ssm=found.client,
            parameter=domain["origin_secret_parameter"],
            store=store_of(found),
            store_arn=domain["key_value_store_arn"],
            ttl_seconds=float(domain["secrets_ttl_seconds"]),
        )


@click.group("domain", short_help="Make, rotate and look at the secret behind a custom domain.")
@click.option("--environment", metavar="NAME", help="The environment, such as staging.")
@click.option("--region", metavar="NAME", help="Region of the server; AWS_REGION if left out.")
@click.pass_context
def command(context: click.Context, *, environment: str | None, region: str | None) -> None:
    """Make, rotate and look at the secret behind a custom domain.

    CloudFront puts it into each request, and the server refuses what comes
    without. It is in CloudFront's key value store; the server has hashes, in an
    SSM parameter. No Terraform state, plan or environment has it.

    Without --environment: that of the stack on this machine while it runs, else
    of the deployment whose Terraform state is set up in terraform/. Which one it
    is, is said on standard error.
    """
    context.obj = Target(region, environment)


def _waiting(seconds: float) -> None:
    click.echo(f"waiting {seconds:.0f} s until every instance knows the new value", err=True)


@command.command("rotate", short_help="Make a new secret; also the first one.")
@click.pass_obj
def rotate_(target: Target) -> None:
    """Make a new secret and let CloudFront send it; also the first one.

    It is never shown. No request is refused meanwhile: the one before stays
    valid, until the next `mesh domain rotate` or `mesh domain retire`.
    """
    from mesh.credentials.origin_secret import rotate

    url, places = target.open()
    _tell(url, rotate(places, waiting=_waiting))


@command.command("retire", short_help="End the secret before the newest.")
@click.pass_obj
def retire_(target: Target) -> None:
    """End every secret but the one that CloudFront sends.

    Run it when the one before has leaked, five minutes after `mesh domain rotate`.
    """
    from mesh.credentials.origin_secret import retire

    ended = retire(target.open()[1])
    for one in ended:
        click.echo(f"ended the secret of {one.created}")
    if not ended:
        click.echo("nothing to end: one secret is valid")


@command.command("status", short_help="Say whether the domain and its server fit together.")
@click.pass_obj
def status(target: Target) -> None:
    """Say which secrets the server accepts, and which of them CloudFront sends.

    Exit status: 0 when requests through the domain are let through, else 1.
    """
    from mesh.credentials.origin_secret import look

    url, places = target.open()
    _tell(url, look(places))


def _tell(url: str, state: State) -> None:
    for one in state.accepted:
        note = "  <- CloudFront sends this one" if one == state.sent else ""
        click.echo(f"accepted: made {one.created}{note}")
    if state.works:
        click.echo(f"requests through {url} are let through")
        return
    what = "no secret yet" if state.store_empty else "one that the server does not accept"
    raise CommandFailedError(
        f"CloudFront has {what}, so requests through {url} are refused: run `mesh domain rotate`."
    )
