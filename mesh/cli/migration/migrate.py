"""`mesh migrate` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command("migrate", short_help="Read a service on ECS, and write what Mesh needs for it.")
@click.option("--cluster", metavar="NAME", required=True, help="Name or ARN of its cluster.")
@click.option("--service", metavar="NAME", required=True, help="Name of the service.")
@click.option("--container", metavar="NAME", help="Which container answers, if there are several.")
@click.option("--region", metavar="NAME", help="Region; AWS_REGION or the profile's if left out.")
@click.option(
    "--environment",
    metavar="NAME",
    default="production",
    show_default=True,
    help="What the new deployment is to be called.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("migration"),
    show_default=True,
    metavar="FOLDER",
    help="Where to write.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, too.")
def command(
    *,
    cluster: str,
    service: str,
    container: str | None,
    region: str | None,
    environment: str,
    output: Path,
    as_json: bool,
) -> None:
    """Read a running service on ECS, and write what Mesh needs to run the same server.

    Nothing is changed in AWS. Written are: values for Terraform (sizes, environment
    variables, names of secrets, rights), where each secret is now, a report with
    what does not fit Lambda, and a checklist. Values that you have changed are kept.

    A right that you do not have is named, and the rest is read.
    """
    from mesh.migration import obstacles, proposal, report
    from mesh.migration.inventory import figures, old_service
    from mesh.migration.inventory.aws_reads import Reads
    from mesh.migration.retirement import saving
    from mesh.progress import wrapped
    from mesh.stack import account, environments

    environments.check_name(environment)
    here = account.find(region)
    reads = Reads(here.client)
    old = old_service.read(reads, cluster, service, here.region, container)
    seen = figures.read(reads, old)
    proposed = proposal.propose(old, seen, environment)
    found = obstacles.find(old, seen)
    told = report.write(output, old, seen, proposed, found, reads)
    if as_json:
        click.echo(json.dumps(report.as_json(old, seen, proposed, found, reads), indent=2))
        return
    for one in found:
        word = "first" if one.blocks else "look"
        click.echo(wrapped(f"  {word:<6}{one.what} {one.remedy}", " " * 8))
    for right, unknown in reads.missing.items():
        click.echo(wrapped(f"  right {right} is missing: {unknown}", " " * 8))
    for failure in reads.failures:
        click.echo(wrapped(f"  error {failure}", " " * 8))
    cost = saving.comparison(old, seen, int(proposed.variables["memory_mb"]))
    if cost is not None:
        click.echo(wrapped(cost, ""))
    for name, what in told.items():
        click.echo(f"{output / name}: {what}")
