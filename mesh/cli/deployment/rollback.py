"""`mesh rollback` on the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mesh import progress
from mesh.cli.deployment.release import stopped
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.deploy.release.rollback import Known


def print_versions(found: Known) -> None:
    """Print the versions that there are, the newest first."""
    for version in reversed(found.versions):
        since = [live.since for live in found.history if live.version == version.version]
        marks = [
            *(["live"] if version.version == found.live else []),
            *(["candidate"] if version.version == found.candidate else []),
            *(["the one before"] if version.version == found.before else []),
        ]
        told = f"put live {since[-1]}" if since else "never live"
        share = found.weights.get(version.version)
        told += f", has {share:.0%} of live" if share else ""
        mark = f"  <- {', '.join(marks)}" if marks else ""
        click.echo(f"{version.version:>5}  published {version.published}  {told}{mark}")
    if found.live != found.recorded:
        click.echo(f"Terraform's state says that version {found.recorded} is live.")


@click.command("rollback", short_help="Put an earlier version live again; lists them too.")
@click.option("--list", "list_", is_flag=True, help="List the versions and when they were live.")
@click.option("--json", "as_json", is_flag=True, help="With --list: print one JSON object.")
@click.option(
    "--environment",
    metavar="NAME",
    help="The environment, such as staging: its values, its state.",
)
@click.option(
    "--api-key",
    envvar="MESH_API_KEY",
    metavar="KEY",
    help="For the smoke test of live; better in MESH_API_KEY.",
)
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="ADDRESS",
    help="Accept what the plan guard finds at this address; may be repeated.",
)
@click.option(
    "--deadline",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="For the smoke test, retries included.",
)
@click.argument(
    "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[VERSION] [-- TERRAFORM...]"
)
def command(
    *,
    list_: bool,
    as_json: bool,
    environment: str | None,
    api_key: str | None,
    allowed: tuple[str, ...],
    deadline: float,
    arguments: tuple[str, ...],
) -> None:
    """Put VERSION live again, or the one that was live before the present one.

    The address stays, the newest version stays at the candidate's, and nothing else
    changes. A version that was taken back before does not count as the one before.
    A canary ends.

    Arguments after -- go to terraform plan, as with mesh release. No build is
    needed: a zip that is missing is fetched from the function.

    Until the next release a plain terraform apply would put the newest version
    live again; mesh release holds live until the new one has passed.
    """
    version = arguments[0] if arguments and arguments[0].isdigit() else None
    rest = arguments[1:] if version else arguments
    if rest and not rest[0].startswith("-"):
        raise click.UsageError(f"{rest[0]!r} is no version; give its number, such as 7.")
    from mesh.deploy.release import target as targets
    from mesh.deploy.release.rollback import BACK_STEPS, choose, interrupted, known, roll_back
    from mesh.deploy.release.root import GuardStoppedError

    with targets.find(
        rest, key=api_key, allowed=allowed, command="mesh rollback", environment=environment
    ) as target:
        found = known(target)
        if list_:
            if as_json:
                click.echo(json.dumps(asdict(found), indent=2))
            else:
                print_versions(found)
            return
        wanted = choose(target, found, version)
        click.echo(f"roll back {target.where}: from version {found.live} to {wanted}")
        try:
            roll_back(target, wanted, progress.Steps(BACK_STEPS), deadline)
        except GuardStoppedError as error:
            raise stopped(error) from error
        except KeyboardInterrupt as interruption:
            raise CommandFailedError(interrupted(target, wanted)) from interruption
    click.echo(
        f"\nVersion {wanted} is live. To keep it in a plain apply: -var live_version={wanted}"
    )
