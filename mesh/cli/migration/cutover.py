"""`mesh cutover` on the command line."""

from __future__ import annotations

import datetime as dt
import json
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mesh.cli.options import Duration
from mesh.failure import CommandFailedError

if TYPE_CHECKING:
    from mesh.migration.callers import Calls, Verdict
    from mesh.migration.inventory.aws_reads import Reads

SHOWN = 10


@click.command("cutover", short_help="Say who still calls the old service, and when it is idle.")
@click.option("--cluster", metavar="NAME", required=True, help="Cluster of the old service.")
@click.option("--service", metavar="NAME", required=True, help="The old service.")
@click.option("--function", "function", metavar="NAME", help="The new function.")
@click.option("--environment", metavar="NAME", help="The new deployment, instead of --function.")
@click.option("--region", metavar="NAME", help="Region; AWS_REGION or the profile's if left out.")
@click.option(
    "--quiet",
    type=Duration(),
    default="7d",
    show_default=True,
    metavar="SPAN",
    help="How long nobody may have called: 12h, 7d.",
)
@click.option("--follow", is_flag=True, help="Look again, at least each minute, until it is idle.")
@click.option(
    "--checklist",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Tick cutover there once it is idle.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(
    context: click.Context,
    *,
    cluster: str,
    service: str,
    function: str | None,
    environment: str | None,
    region: str | None,
    quiet: dt.timedelta,
    follow: bool,
    checklist: Path | None,
    as_json: bool,
) -> None:
    """Watch an old and a new server while clients move.

    The load balancer's metrics count requests to the old service, and its log says
    who made them: addresses, user agents, callers. Health checks do not count.
    Nothing is changed in AWS.

    Exit status: 0 when the old service is idle, 1 when it is not or nobody can know.
    """
    if function and environment:
        raise click.UsageError("Use --function or --environment, not both.")
    from botocore.exceptions import BotoCoreError

    from mesh.migration import callers
    from mesh.migration import checklist as checklists
    from mesh.migration.inventory import old_service
    from mesh.migration.inventory.aws_reads import Reads
    from mesh.stack import account, environments

    if environment is not None:
        deployed = environments.find(environment, region)
        region, outputs = deployed.region, deployed.root.outputs()
        if "function_name" not in outputs:
            raise click.ClickException(f"environment {environment} is not deployed yet.")
        function = str(outputs["function_name"])
    here = account.find(region)
    clients = cache(here.client)
    has_looked = False
    while True:
        reads = Reads(clients)
        end = dt.datetime.now(dt.UTC)
        # A period more than what must be quiet, so that all of it was seen.
        since = end - quiet - dt.timedelta(minutes=10)
        try:
            old = old_service.read(reads, cluster, service, here.region)
            before = callers.of_old(reads, old, since, end)
            after = callers.of_new(reads, function, since, end) if function else None
        except CommandFailedError as error:
            # Who follows for days sees the network fail for a while.
            if not has_looked or not isinstance(error.__cause__, BotoCoreError):
                raise
            click.echo(f"cannot look now: {error}", err=True)
            time.sleep(callers.POLL_SECONDS)
            continue
        has_looked = True
        verdict = callers.judge(old, before, quiet, since, end)
        if follow and not as_json:
            click.echo(f"{end:%Y-%m-%d %H:%M:%S} UTC")
        _tell(verdict, before, after, reads, as_json=as_json)
        if verdict.idle or not follow:
            break
        time.sleep(callers.look_again(before, quiet, end))
    if checklist is not None and verdict.idle:
        checklists.tick(checklist, "cutover", f"{end:%Y-%m-%d %H:%M} UTC: {verdict.reason}")
    context.exit(0 if verdict.idle else 1)


def _tell(
    verdict: Verdict,
    before: Calls,
    after: Calls | None,
    reads: Reads,
    *,
    as_json: bool,
) -> None:
    if as_json:
        found = {"idle": verdict.idle, "reason": verdict.reason, "missing_rights": reads.missing}
        for name, calls in (("old", before), ("new", after)):
            if calls is not None:
                found[name] = {
                    "requests": calls.count,
                    "last": calls.last.isoformat() if calls.last else None,
                    "callers": dict(calls.callers),
                    "sources": calls.sources,
                }
        click.echo(json.dumps(found, indent=2))
        return
    for name, calls in (("old", before), ("new", after)):
        if calls is None:
            continue
        count = "unknown" if calls.count is None else f"{calls.count:,.0f} requests"
        last = f", the last at {calls.last:%Y-%m-%d %H:%M} UTC" if calls.last else ""
        click.echo(f"{name}: {count}{last}")
        for who, number in calls.callers.most_common(SHOWN):
            click.echo(f"  {number:>8,}  {who[:68]}")
    for right, unknown in reads.missing.items():
        click.echo(f"right {right} is missing: {unknown}")
    for failure in reads.failures:
        click.echo(f"error {failure}")
    word = "idle" if verdict.idle else "not idle"
    click.echo(f"{word}: {verdict.reason}.")
