"""`mesh state` on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mesh import progress
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.deploy.state.recovery import Recovered

ENVIRONMENT = click.option(
    "--environment", metavar="NAME", help="The environment, such as staging: its values, its state."
)


def print_recovered(found: Recovered, again: str) -> None:
    """Print what the state has again, what AWS lacks, and what a plan would change."""
    click.echo(f"\nThe state has {len(found.taken)} resources again. Nothing in AWS was changed.")
    for address in found.missing:
        click.echo(f"  not taken over, so the next release makes it: {address}")
    others = [address for address in found.changes if address not in found.missing]
    for address in others:
        click.echo(f"  the settings and AWS differ: {address}")
    if not found.changes:
        click.echo("A plan with the same settings is empty.")
    if found.live != found.newest:
        click.echo(
            f"Live is version {found.live} and the newest is {found.newest}: a plain terraform "
            f"apply would put that live; -var live_version={found.live} keeps it."
        )
    if others:
        click.echo(f"See what a release would change: mesh release --plan-only next.tfplan{again}")


@click.group("state", short_help="Recover a lost Terraform state, or unlock one.")
def command() -> None:
    """Repair Terraform's state of a deployment, without changing the deployment.

    docs/how-to/runbook.md says when.
    """


@command.command("recover", short_help="Make a lost state again from AWS and the settings.")
@ENVIRONMENT
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[-- TERRAFORM...]")
def recover_command(*, environment: str | None, arguments: tuple[str, ...]) -> None:
    """Add to the state what it lacks and AWS has.

    Imports each resource that the settings ask for and that exists. Changes nothing in
    AWS: no key or secret is written, and none comes into the state. At the end it says
    what a plan would change: nothing, when the settings are those of the last release.

    An earlier state from the versioned bucket is better where there is one. Run this
    with the zip built, and with the same settings and arguments as the last release.
    Without --environment and arguments, the stack on this machine is meant when it runs.
    """
    from mesh.deploy.release import target as targets
    from mesh.deploy.state.recovery import STEPS, recover

    with targets.find(
        arguments, key=None, allowed=(), command="mesh state recover", environment=environment
    ) as target:
        click.echo(f"recover the state of {target.where}")
        print_recovered(recover(target, progress.Steps(STEPS)), target.again)


@command.command("unlock", short_help="Show who holds the lock, and take it away.")
@click.option("--environment", metavar="NAME", required=True, help="The environment.")
@click.option("--id", "wanted", metavar="ID", help="Remove only this lock, and no later one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def unlock_command(*, environment: str, wanted: str | None, yes: bool) -> None:
    """Show who holds the lock of an environment's state and since when, and remove it.

    A run that was killed leaves its lock. Remove it only when that run has ended: of two
    that write the same state at a time, one's changes are lost. Without --yes it asks;
    where there is no terminal to ask at, it only shows the lock.
    """
    from mesh.deploy.state.state_lock import holder, unlock
    from mesh.stack import account, environments

    found = environments.find(environment)
    lock = holder(found, account.find(found.region).client("s3"))
    if lock is None:
        click.echo(f"the state of environment {environment} is not locked")
        return
    click.echo(f"locked by {lock.who} since {lock.since}, for {lock.operation}; id {lock.id}")
    if wanted is not None and wanted != lock.id:
        raise CommandFailedError(f"the lock is not {wanted} any more, and stays.")
    if not yes and not sys.stdin.isatty():
        click.echo(
            "If that run has ended: "
            f"mesh state unlock --environment {environment} --id {lock.id} --yes"
        )
        return
    if not yes and not click.confirm("Has that run ended, and is the lock to be removed?"):
        raise CommandFailedError("the lock stays.")
    unlock(found, lock)
    click.echo("unlocked")
